# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names inside SQL text cannot end their quotes."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.row_digest import row_digest
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.sql import identifier


@pytest.mark.parametrize(
    ("names", "quoted"),
    [
        (["shop"], "`shop`"),
        (["shop", "orders"], "`shop`.`orders`"),
        (["a`b", "`"], "`a``b`.````"),
        (["x`; DROP TABLE t; -- "], "`x``; DROP TABLE t; -- `"),
        (["a.b"], "`a.b`"),
        (["with-dash", "a\\b\"c'd"], "`with-dash`.`a\\b\"c'd`"),
        (["\u00fcml\u00e4ut", "\U0001f600"], "`\u00fcml\u00e4ut`.`\U0001f600`"),
    ],
)
def test_a_name_is_quoted(names, quoted):
    assert identifier(*names) == quoted


@pytest.mark.parametrize("name", ["", "a\x00b"], ids=["empty", "NUL"])
def test_what_no_server_takes_is_no_name(name):
    with pytest.raises(BadInput):
        identifier("shop", name)


def test_a_digest_takes_every_column_as_bytes_without_loss():
    sql = row_digest("s`1", "t", [("a`b", "int"), ("f", "float"), ("b", "bit"), ("j", "json"), ("g", "geometry")])
    assert sql.endswith("FROM `s``1`.`t`")
    for part in (
        "HEX(CAST(`a``b` AS BINARY))",
        "HEX(CAST(CAST(`f` AS DOUBLE) AS BINARY))",
        "HEX(CAST(`b` + 0 AS BINARY))",
        "HEX(CAST(CAST(`j` AS CHAR CHARACTER SET utf8mb4) AS BINARY))",
        "HEX(`g`)",
    ):
        assert "IFNULL(%s, 'NULL')" % part in sql
