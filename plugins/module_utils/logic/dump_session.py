# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the SET statements of a dump change the way its next statements are read. Pure.

Two settings matter to a lexer: sql_mode (NO_BACKSLASH_ESCAPES, ANSI_QUOTES) and the client character set. Dumps save
them in user variables and put them back around views, triggers and routines, so those variables are followed too.
"""

import functools
import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_lexer import Syntax
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import opened

_MAY_BE_SET = re.compile(rb"(?:/\*!\d*\s*)?SET\b", re.IGNORECASE)
_NAMES = re.compile(r"(?:\bNAMES|\bCHARACTER\s+SET|\bCHARSET)\s+['\"]?(\w+)", re.IGNORECASE)
# In runs, not byte by byte, which costs 200 bytes of memory each: a GTID set can be large.
_STRING = r"'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|\"[^\"\\]*(?:(?:\\.|\"\")[^\"\\]*)*\""
_ASSIGNMENT = re.compile(
    r"(?:\b(GLOBAL|PERSIST|PERSIST_ONLY|SESSION|LOCAL)\s+|@@(?:(\w+)\s*\.\s*)?)?`?(@?[\w$]+)`?\s*:?=\s*"
    r"((?:%s|\((?:[^()]|\([^()]*\))*\)|[^,'\"()]+)+)" % _STRING,
    re.IGNORECASE | re.DOTALL,
)
_OPERAND = re.compile(r"(%s)|(@@(?:\w+\s*\.\s*)?\w+|@[\w$]+)" % _STRING, re.DOTALL)

# Bits of a numeric sql_mode (sql/system_variables.h): ANSI_QUOTES is 2^2, NO_BACKSLASH_ESCAPES is 2^20.
_BITS = (("ANSI_QUOTES", 1 << 2), ("NO_BACKSLASH_ESCAPES", 1 << 20))
# Modes that bring ANSI_QUOTES with them (all but ANSI ended with 5.7 and live on in MariaDB).
_WITH_ANSI_QUOTES = frozenset(["ANSI_QUOTES", "ANSI", "ORACLE", "MSSQL", "DB2", "POSTGRESQL", "MAXDB"])
_TELLING = ("NO_BACKSLASH_ESCAPES", "ANSI_QUOTES")
# Dump tools write the same few SETs for each table.
_SAID_AGAIN = 200  # bytes


class _Said(NamedTuple):
    """A SET, taken apart. charset: of SET NAMES and its like. assignments: name, in lower case, and expression."""

    charset: Optional[str]
    assignments: List[Tuple[str, str]]


# mysqlbinlog gives the number of a collation for the character set: those of dump_lexer.TWO_BYTE_CHARSETS
_BY_NUMBER = {
    **dict.fromkeys(("1", "84"), "big5"),
    **dict.fromkeys(("13", "88"), "sjis"),
    **dict.fromkeys(("28", "87"), "gbk"),
    **dict.fromkeys(("95", "96"), "cp932"),
    **dict.fromkeys(("248", "249", "250"), "gb18030"),
}


class Session:
    """The part of a server's session that decides how text is read. `syntax` holds for the next statement."""

    def __init__(self) -> None:
        self.syntax = Syntax()
        self._values = {"sql_mode": "", "character_set_client": self.syntax.charset}
        self._saved: Dict[str, str] = {}

    def delimit(self, delimiter: bytes) -> None:
        """A DELIMITER line was read."""
        self.syntax = self.syntax._replace(delimiter=delimiter)

    def follow(self, text: bytes) -> None:
        """Take in one statement. Every version comment counts as run: it is for all servers that we load into.

        Raises BadInput for an expression that touches NO_BACKSLASH_ESCAPES or ANSI_QUOTES in a way we cannot follow.
        """
        if not _MAY_BE_SET.match(text):
            return
        said = (_said_again if len(text) <= _SAID_AGAIN else _said)(text)
        before = dict(self._values)
        if said.charset:
            self._values["character_set_client"] = said.charset
        for name, value in said.assignments:
            self._assign(name, value)
        if self._values != before:
            self._read_anew()

    def _assign(self, name: str, expression: str) -> None:
        if name.startswith("@"):
            source = _OPERAND.match(expression)
            known = self._operand((source.group(1), source.group(2))) if source else None
            if known is not None:
                self._saved[name] = known
        elif name in self._values:
            value = self._evaluate(name, expression)
            if value is not None:
                self._values[name] = value

    def _evaluate(self, name: str, expression: str) -> Optional[str]:
        """The new value; None when it does not change what we follow."""
        operands = [self._operand(pair) for pair in _OPERAND.findall(expression)]
        known = [operand for operand in operands if operand is not None]
        call = expression.partition("(")[0].strip().upper()
        if "(" in expression and call in ("CONCAT", "CONCAT_WS"):
            return ",".join(known)
        if "(" in expression and call not in ("IFNULL", "COALESCE"):
            if any(word in expression.upper() for word in _TELLING):
                raise BadInput("cannot follow what %s becomes here: %s" % (name, expression[:200]))
            return None
        if operands:
            return known[0] if known else None
        if expression.upper() == "DEFAULT":
            return "" if name == "sql_mode" else Syntax().charset
        return expression

    def _operand(self, pair: Tuple[str, str]) -> Optional[str]:
        string, variable = pair
        if string:
            return string[1:-1]
        variable = variable.lower()
        if variable.startswith("@@"):
            return self._values.get(variable.split(".")[-1].strip("@ "))
        return self._saved.get(variable)

    def _read_anew(self) -> None:
        modes = _modes(self._values["sql_mode"])
        charset = self._values["character_set_client"].lower()
        self.syntax = self.syntax._replace(
            backslash_escapes="NO_BACKSLASH_ESCAPES" not in modes,
            ansi_quotes=not _WITH_ANSI_QUOTES.isdisjoint(modes),
            charset=_BY_NUMBER.get(charset, charset),
        )


def _said(text: bytes) -> _Said:
    statement = opened(text).decode("utf-8", "replace")
    charset = _NAMES.match(statement[3:].lstrip())
    return _Said(
        charset.group(1).lower() if charset else None,
        [
            (name.lower(), value.strip())
            for scope, dotted, name, value in _ASSIGNMENT.findall(statement)
            if (scope or dotted).upper() in ("", "SESSION", "LOCAL")
        ],
    )


_said_again = functools.lru_cache(maxsize=256)(_said)


def _modes(value: str) -> List[str]:
    if value.isdigit():
        return [mode for mode, bit in _BITS if int(value) & bit]
    return [mode.strip().upper() for mode in value.split(",")]
