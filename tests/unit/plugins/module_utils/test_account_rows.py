# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a row is, which rows stay, and what is written to get from one set of rows to another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import account_rows
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.account_rows import DEFAULT, Table, encode

OWN = ("admin", "localhost")


def table(columns, key, rows=(), binary=()):
    """A table of texts."""
    return Table(
        columns.split(),
        key.split(),
        list(binary),
        [tuple(value if value in (None, DEFAULT) else encode(value) for value in row) for row in rows],
    )


def tables(user=(), role_edges=(), db=()):
    return {
        "user": table("Host User plugin authentication_string", "Host User", user),
        "db": table("Host Db User", "Host User Db", db),
        "role_edges": table("FROM_HOST FROM_USER TO_HOST TO_USER", "FROM_HOST FROM_USER TO_HOST TO_USER", role_edges),
    }


def user(name, host="localhost", hashed="x"):
    return (host, name, "caching_sha2_password", hashed)


def of(made):
    return {name: set(one.rows) for name, one in made.items()}


@given(st.text())
def test_a_value_survives(text):
    assert account_rows.decode(encode(text)) == text


def test_a_granted_role_belongs_to_whom_it_is_granted():
    edges = tables(role_edges=[("%", "reading", "LocalHost", "admin")])["role_edges"]
    assert account_rows.owner("role_edges", edges, edges.rows[0]) == OWN


def test_the_offered_accounts_take_the_place_of_the_old_ones():
    before = tables([user("admin"), user("old")], db=[("localhost", "a", "old")])
    offered = tables([user("admin", hashed="new"), user("app")], db=[("localhost", "b", "app")])
    assert of(account_rows.wanted(before, offered, OWN)) == of(offered)
    found = account_rows.difference(before, account_rows.wanted(before, offered, OWN))
    assert found == (["'app'@'localhost'"], ["'old'@'localhost'"], ["'admin'@'localhost'"])


def test_our_own_account_stays_with_its_roles_when_nobody_offers_it():
    before = tables(
        [user("admin"), user("top"), user("base"), user("loop"), user("other")],
        role_edges=[
            ("localhost", "top", "localhost", "admin"),
            ("localhost", "base", "localhost", "top"),
            ("localhost", "loop", "localhost", "base"),
            ("localhost", "top", "localhost", "loop"),
            ("localhost", "other", "localhost", "gone"),
        ],
        db=[("localhost", "a", "base"), ("localhost", "a", "other")],
    )
    offered = tables([user("app"), user("base", hashed="theirs")], db=[("localhost", "b", "base")])
    assert account_rows.kept_accounts(before, offered, OWN) == {OWN, ("top", "localhost")}
    wanted = account_rows.wanted(before, offered, OWN)
    assert account_rows.names(account_rows.users(wanted)) == [
        "'admin'@'localhost'",
        "'app'@'localhost'",
        "'base'@'localhost'",
        "'top'@'localhost'",
    ]
    assert set(wanted["db"].rows) == set(offered["db"].rows), "an offered role is as it is offered"


@pytest.mark.parametrize("name", ["mysql.sys", "mysql.session", "mysql.infoschema"])
def test_system_accounts_stay_as_they_are(name):
    before = tables([user("admin"), user(name, hashed="here")])
    offered = tables([user("admin"), user(name, hashed="there")])
    assert not account_rows.difference(before, account_rows.wanted(before, offered, OWN))
    assert not account_rows.difference(before, account_rows.wanted(before, tables([user("admin")]), OWN))


def test_a_column_that_nobody_offers_keeps_its_value_or_gets_the_servers():
    before = {"user": table("Host User new", "Host User", [("h", "admin", "kept")])}
    offered = {"user": table("USER HOST old", "USER HOST", [("admin", "h", "?"), ("app", "h", "?")])}
    wanted = account_rows.wanted(before, offered, ("admin", "h"))["user"]
    assert set(wanted.rows) == set(table("Host User new", "", [("h", "admin", "kept"), ("h", "app", DEFAULT)]).rows)


def test_the_way_back_is_our_account_by_another_name_from_our_host_only():
    before = tables(
        [user("admin", "%", "hash"), user("app")],
        role_edges=[("%", "top", "%", "admin")],
        db=[("%", "a", "admin"), ("localhost", "a", "app")],
    )
    made = account_rows.way_back(before, ("admin", "%"), "localhost")
    assert of(made) == of(
        tables(
            [user(account_rows.WAY_BACK, hashed="hash")],
            role_edges=[("%", "top", "localhost", account_rows.WAY_BACK)],
            db=[("localhost", "a", account_rows.WAY_BACK)],
        )
    )
    assert not any(of(account_rows.without_way_back(made)).values())
    assert len(account_rows.WAY_BACK) <= 16, "no user of 5.6 has a longer name"


@pytest.mark.parametrize(("string", "becomes"), [("", "admin"), ("somebody", "somebody")])
def test_auth_socket_lets_the_same_person_in_by_the_way_back(string, becomes):
    before = tables([("localhost", "admin", "auth_socket", string)])
    (row,) = account_rows.way_back(before, OWN, "localhost")["user"].rows
    assert account_rows.decode(row[3]) == becomes


ROWS = st.lists(
    st.tuples(st.sampled_from("aAbc"), st.sampled_from("xy"), st.sampled_from(["1", "2", None])),
    unique_by=lambda row: row[:2],
)


@given(ROWS, ROWS)
def test_what_is_written_leads_from_the_one_to_the_other(now, then):
    current, goal = (table("Host User n", "Host User", rows) for rows in (now, then))
    put, keys = account_rows.to_write(current, goal)
    held = {current.key_of(row): row for row in current.rows}
    held.update({goal.key_of(row): row for row in put})
    assert set(keys) <= set(held)
    assert {row for key, row in held.items() if key not in keys} == set(goal.rows)
    assert not set(put) & set(current.rows), "a row that is right is not touched"
