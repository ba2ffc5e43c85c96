# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SHOW GRANTS says is read as the server means it. The lines were seen on 5.6.24 and 9.7.4."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dialect import Version
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.privileges import (
    TO_LOOK,
    TO_REBUILD,
    Grants,
    Lack,
    Need,
    grant_statement,
    lacks,
    quoted_account,
    read_grants,
)

OLD, NEW = Version(5, 6, 24), Version(9, 7, 4)
SEEN = [
    (
        "5.6, everything",
        [
            "GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION",
            "GRANT PROXY ON ''@'' TO 'root'@'localhost' WITH GRANT OPTION",
        ],
        {"ALL PRIVILEGES"},
    ),
    (
        "5.6, two",
        ["GRANT SELECT, REPLICATION SLAVE ON *.* TO 'r'@'127.0.0.1' IDENTIFIED BY PASSWORD"],
        {"SELECT", "REPLICATION SLAVE"},
    ),
    ("nothing", ["GRANT USAGE ON *.* TO `u1`@`127.0.0.1`", "GRANT `rr`@`%` TO `u1`@`127.0.0.1`"], set()),
    (
        "9.7, an active role's",
        [
            "GRANT REPLICATION CLIENT ON *.* TO `u1`@`127.0.0.1`",
            "GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO `u1`@`127.0.0.1`",
            "GRANT `rr`@`%` TO `u1`@`127.0.0.1`",
        ],
        {"REPLICATION CLIENT", "SYSTEM_VARIABLES_ADMIN"},
    ),
    ("of one schema", ["GRANT USAGE ON *.* TO `u`@`%`", "GRANT SELECT ON `shop`.* TO `u`@`%`"], set()),
    ("an awkward name", ["GRANT SELECT ON `s`.`t` TO 'GRANT SUPER ON *.* TO '@'%'"], set()),
]


@pytest.mark.parametrize(("lines", "everywhere"), [row[1:] for row in SEEN], ids=[row[0] for row in SEEN])
def test_what_is_given_everywhere(lines, everywhere):
    assert read_grants("u@h", lines) == Grants("u@h", frozenset(everywhere))


def test_a_partial_revoke_is_a_lack_of_its_schema():
    lines = ["GRANT SELECT, SUPER ON *.* TO `u2`@`127.0.0.1`", "REVOKE SELECT ON `my``sql`.* FROM `u2`@`127.0.0.1`"]
    grants = read_grants("u2@127.0.0.1", lines)
    found = lacks(grants, [Need("SELECT", "read")], NEW)
    assert found == [Lack("SELECT", "read", "my`sql")]
    assert grant_statement(grants, found) == "GRANT SELECT ON `my``sql`.* TO 'u2'@'127.0.0.1'"


def test_everything_is_enough_on_5_6():
    assert lacks(Grants("u@h", frozenset(["ALL PRIVILEGES"])), TO_LOOK + TO_REBUILD, OLD) == []


def test_what_super_was_split_into_is_wanted_from_8_0_on_and_super_does_as_well():
    names = {need.privilege for need in TO_REBUILD}
    old = {one.privilege for one in lacks(Grants("u@h", frozenset()), TO_REBUILD, OLD)}
    assert "SUPER" in old
    assert not {name for name in old if "_" in name}
    new = {one.privilege for one in lacks(Grants("u@h", frozenset()), TO_REBUILD, NEW)}
    assert "SUPER" not in new
    assert {"SYSTEM_VARIABLES_ADMIN", "SET_ANY_DEFINER"} <= new
    assert "SET_USER_ID" not in new
    left = {one.privilege for one in lacks(Grants("u@h", frozenset(["SUPER"])), TO_REBUILD, NEW)}
    assert new - left == {"SYSTEM_VARIABLES_ADMIN", "REPLICATION_SLAVE_ADMIN", "CONNECTION_ADMIN"}
    assert new <= names


@pytest.mark.parametrize(
    ("account", "quoted"),
    [
        ("repl@10.0.0.%", "'repl'@'10.0.0.%'"),
        ("o'hara@localhost", "'o''hara'@'localhost'"),
        ("a\\b@%", "'a\\\\b'@'%'"),
        ("user@corp@%", "'user@corp'@'%'"),
        ("@localhost", "''@'localhost'"),
    ],
)
def test_an_account_is_quoted(account, quoted):
    assert quoted_account(account) == quoted


@given(
    st.sets(st.sampled_from([need.privilege for need in TO_LOOK + TO_REBUILD])),
    st.sampled_from([OLD, Version(8, 0, 36), NEW]),
)
def test_the_printed_statement_gives_what_was_lacking_and_no_more(given_now, version):
    grants = Grants("admin@localhost", frozenset(given_now))
    found = lacks(grants, TO_LOOK + TO_REBUILD, version)
    if not found:
        return
    statement = grant_statement(grants, found)
    after = read_grants(grants.account, [statement])
    assert not after.everywhere & grants.everywhere
    assert lacks(Grants(grants.account, grants.everywhere | after.everywhere), TO_LOOK + TO_REBUILD, version) == []


@given(st.lists(st.text(max_size=200), max_size=5))
def test_any_text_is_read_without_an_error(lines):
    read_grants("u@h", lines)
