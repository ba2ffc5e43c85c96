# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statements that make the first accounts. What servers do with them is in tests/integration."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import data_files, new_accounts

WANTED = new_accounts.account("adm'in", "p\\w'd", ["localhost", "10.%"])
MAKERS = [new_accounts.by_init_file, new_accounts.by_bootstrap]


@pytest.mark.parametrize(
    ("user", "password", "hosts"), [(None, "x", ["h"]), ("u", None, ["h"]), ("u", "", ["h"]), ("u", "x", [])]
)
def test_no_account_without_a_password(user, password, hosts):
    with pytest.raises(Refused, match="no account with a password"):
        new_accounts.account(user, password, hosts)


@pytest.mark.parametrize("password", ["gr\u00fcn", "two\nlines", "bell\x07"])
def test_a_password_that_clients_would_send_in_different_ways_is_refused(password):
    with pytest.raises(BadInput, match="other than those of ASCII") as caught:
        new_accounts.account("u", password, ["h"])
    assert password not in str(caught.value)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("copied", [True, False])
def test_every_statement_is_one_line_and_the_proof_comes_last(make, copied):
    statements = make(WANTED, copied, "/work/done")
    assert not [statement for statement in statements if "\n" in statement or ";" in statement]
    assert statements[-1] == "SELECT 'done' INTO OUTFILE '/work/done'"
    for host in ("localhost", "10.%"):
        assert any(
            statement.startswith("GRANT ALL") and "'adm''in'@'%s'" % host in statement for statement in statements
        )


@pytest.mark.parametrize("make", MAKERS)
def test_quotes_and_backslashes_stay_inside_the_string(make):
    assert all(r"w'd" not in statement.replace(r"'p\\\\w''d'", "") for statement in make(WANTED, False, "/done"))


@pytest.mark.parametrize("make", MAKERS)
def test_accounts_that_were_carried_over_are_not_touched(make):
    statements = "\n".join(make(WANTED, True, "/done"))
    assert "root" not in statements
    assert "DELETE" not in statements
    assert "UPDATE" not in statements
    assert "DROP" not in statements


def test_a_server_that_is_told_to_shut_down_is_told_so_first():
    assert new_accounts.by_init_file(WANTED, False, "/done")[0] == "SHUTDOWN"


UUID = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("auto.cnf", "[auto]\nserver-uuid=%s\n" % UUID, True),
        ("auto.cnf", "[auto]\nserver_uuid = %s\n" % UUID.upper(), True),
        ("auto.cnf", "", False),
        ("auto.cnf", "\x00" * 56, False),
        ("auto.cnf", "[auto]\nserver-uuid=%s\n" % UUID[:-1], False),
        ("mysqld-auto.cnf", '{"Version": 2, "mysql_dynamic_variables": {}}', True),
        ("mysqld-auto.cnf", '{"Version": 2, "mysql_dyn', False),
        ("mysqld-auto.cnf", "7", False),
        ("my.cnf", "[mysqld]\n", True),
        ("server-key.pem", "", True),
        ("ibdata1", "", False),
        ("mysql-bin.index", "", False),
        ("pem", "", False),
    ],
)
def test_what_is_carried_over(name, text, kept):
    assert data_files.is_kept(name, text) is kept


def test_schemas_of_users_are_told_from_what_every_server_has():
    names = "mysql sys performance_schema test #innodb_redo .mysql_replica_initialize lost+found shop caf@00e9".split()
    assert data_files.user_schemas(names) == ["caf@00e9", "shop"]
