# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only a replica had comes back once, and never in the place of something else."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import ledger, local


def a_file(kind, schema, path, state="saved"):
    return dict(kind=kind, schema=schema, path=path, sha256="s" if state == "saved" else None, state=state, why=None)


def a_table(schema, table, rows, why=None, path=None):
    state = "left_out" if why else "saved"
    judged = dict(state=state, rows_saved=rows, rows_lost=0, why=why, doubts=[])
    return ledger.entry(schema, table, judged, files=[dict(path=path, sha256="s")] if path else [])


TOLD = dict(
    shared_schemas=["shop"],
    files=[
        a_file("accounts", None, "/accounts"),
        a_file("errant transactions", None, "/errant"),
        a_file("definitions", "mine", "/1-mine"),
        a_file("programs", "mine", "/3-mine"),
        a_file("definitions", "shop", "/1-shop"),
    ],
    tables=[
        a_table("mine", "notes", 2, path="/2-mine-notes"),
        a_table("shop", "here", 3, path="/2-shop-here"),
        a_table("shop", "orders", 0, why=local.AT_THE_SOURCE),
        a_table("other", "orders", 0, why=local.AT_THE_SOURCE),
    ],
)
PARTS = local.parts(TOLD)
SEEN = local.Observed("db1", "uuid", PARTS, {"mine": None, "shop": ["orders"]}, {}, {"super_read_only": "OFF"})


def journal(**phases):
    return dict(server_uuid="uuid", parts=phases)


def actions(seen):
    return [(step.action, step.target) for step in local.plan(seen).steps]


def test_a_schema_comes_back_whole_and_in_a_shared_one_its_own_tables():
    mine, shop = PARTS
    assert mine == local.Part("mine", True, {"notes": 2}, ["/1-mine", "/2-mine-notes", "/3-mine"])
    assert shop == local.Part("shop", False, {"here": 3}, ["/1-shop", "/2-shop-here"])
    assert actions(SEEN) == [("add", "mine"), ("add", "shop")]


def test_what_is_done_is_not_done_again_and_what_was_begun_is():
    half = SEEN._replace(journal=journal(mine="done", shop="begun"), there={"mine": ["notes"], "shop": ["here"]})
    assert actions(half) == [("add", "shop")]
    assert local.plan(half).steps[0].data["again"] == "begun"
    assert not local.plan(half._replace(journal=journal(mine="done", shop="done"))).needed


def test_another_server_has_nothing_of_it_yet():
    assert actions(SEEN._replace(journal=dict(journal(mine="done", shop="done"), server_uuid="old"))) == actions(SEEN)


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({"mine": [], "shop": ["orders"]}, "a schema mine already"),
        ({"mine": None, "shop": ["orders", "here"]}, "tables already in shop: here"),
        ({"mine": None, "shop": None}, "no schema shop any more"),
    ],
)
def test_what_has_the_name_already_is_never_replaced(there, why):
    with pytest.raises(Refused, match=why):
        local.plan(SEEN._replace(there=there))


def test_a_server_that_would_refuse_it_is_told_before():
    with pytest.raises(Refused, match="super_read_only"):
        local.plan(SEEN._replace(settings={"super_read_only": "ON"}))
