# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one statement of a dump is: its kind and the schema and table that it names. Pure.

Cheap on purpose: it looks at the first bytes. It is asked for every statement of a dump, and nearly all are INSERTs.
"""

import functools
import re
from typing import Any, NamedTuple, Optional

# Far more than any head of a statement that names its object.
_HEAD = 4096

# Dump tools write the same few SETs for each table.
_SAID_AGAIN = 200  # bytes

# MySQL's names of character sets that Python knows under another one, or as another one than the name says.
_CODECS = {
    "binary": "utf-8",
    "euckr": "euc_kr",
    "latin1": "cp1252",
    "sjis": "shift_jis",
    "ujis": "euc_jp",
    "utf8mb3": "utf-8",
    "utf8mb4": "utf-8",
}

_NAME = rb"(`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\w$\x80-\xff]+)"
_OBJECT = rb"\s*" + _NAME + rb"(?:\s*\.\s*" + _NAME + rb")?"
_IF = rb"(?:\s+IF(?:\s+NOT)?\s+EXISTS\b)?"
_CREATE = rb"CREATE\s+(?:OR\s+REPLACE\s+)?"
# Account names may be quoted in parts: `root`@`%`, or CURRENT_USER().
_DEFINER = rb"(?:DEFINER\s*=\s*(?:(?:" + _NAME + rb"|'[^']*')(?:\s*@\s*(?:" + _NAME + rb"|'[^']*'))?(?:\(\))?)\s+)?"
_SHOWN = re.compile(
    rb"'[^'\\]*(?:\\.[^'\\]*)*(?:'|\Z)|\"[^\"\\]*(?:\\.[^\"\\]*)*(?:\"|\Z)|`[^`]*(?:`|\Z)"  # kept as it is
    rb"|(/\*!\d*|\*/|/\*.*?(?:\*/|\Z)|--(?=[\x00-\x20\x7f]|\Z)[^\n]*|#[^\n]*)",  # a mark or a comment: a space
    re.DOTALL,
)

_INTO = rb"\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\s+)*(?:INTO\b)?" + _OBJECT


class Classified(NamedTuple):
    """kind: one of `KINDS`, or "other". Names are unquoted; a byte that is no character reads as \\xNN.

    table: the table or view. For what makes a trigger, routine or event: its own name.
    """

    kind: str
    database: Optional[str] = None
    table: Optional[str] = None


def _rule(kind: str, names: str, *parts: bytes) -> Any:
    return kind, names, re.compile(b"".join(parts), re.IGNORECASE | re.DOTALL)


# kind, what the last named parts are, and how the statement begins once version comments are opened. First match wins.
KINDS = [
    _rule("insert", "table", rb"INSERT", _INTO),
    _rule("replace", "table", rb"REPLACE", _INTO),
    _rule("set_gtid_purged", "", rb"SET\b.*?(?:@@GLOBAL\s*\.|\bGLOBAL\s)\s*`?GTID_PURGED`?\s*:?="),
    _rule("set_sql_log_bin", "", rb"SET\b.*?(?<![^@]@)\bSQL_LOG_BIN\b`?\s*:?="),
    _rule("grant_or_account", "", rb"SET\s+(?:PASSWORD|DEFAULT\s+ROLE)\b"),
    _rule("set_global", "", rb"SET\s+(?:GLOBAL|PERSIST|PERSIST_ONLY)\s+TRANSACTION\b"),
    _rule("transaction", "", rb"(?:(?:SET(?:\s+\w+)?|START)\s+TRANSACTION|BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b"),
    # As a target of an assignment, be it the first or a later one; reading a global variable is no such thing.
    _rule(
        "set_global",
        "",
        rb"SET\b(?:|.*?,)\s*(?:(?:GLOBAL|PERSIST|PERSIST_ONLY)\s+|@@(?:GLOBAL|PERSIST|PERSIST_ONLY)\s*\.)\s*",
        rb"`?\w+`?\s*:?=",
    ),
    _rule("set_session", "", rb"SET\b"),
    _rule("use", "database", rb"USE\b\s*", _NAME),
    _rule("create_database", "database", _CREATE, rb"(?:DATABASE|SCHEMA)\b", _IF, rb"\s*", _NAME),
    _rule("drop_database", "database", rb"DROP\s+(?:DATABASE|SCHEMA)\b", _IF, rb"\s*", _NAME),
    _rule("create_table", "table", _CREATE, rb"(?:TEMPORARY\s+)?TABLE\b", _IF, _OBJECT),
    _rule("drop_table", "table", rb"DROP\s+(?:TEMPORARY\s+)?TABLES?\b", _IF, _OBJECT),
    _rule("lock_tables", "table", rb"LOCK\s+TABLES?\b", _OBJECT),
    _rule("unlock_tables", "", rb"UNLOCK\s+TABLES?\b"),
    _rule("alter_keys", "table", rb"ALTER\s+TABLE\b", _OBJECT, rb"\s+(?:DIS|EN)ABLE\s+KEYS\b"),
    _rule(
        "create_view",
        "table",
        _CREATE,
        rb"(?:ALGORITHM\s*=\s*\w+\s+)?",
        _DEFINER,
        rb"(?:SQL\s+SECURITY\s+\w+\s+)?VIEW\b",
        _IF,
        _OBJECT,
    ),
    _rule("create_trigger", "table", _CREATE, _DEFINER, rb"TRIGGER\b", _IF, _OBJECT),
    _rule("create_routine", "table", _CREATE, _DEFINER, rb"(?:AGGREGATE\s+)?(?:FUNCTION|PROCEDURE)\b", _IF, _OBJECT),
    _rule("create_event", "table", _CREATE, _DEFINER, rb"EVENT\b", _IF, _OBJECT),
    _rule("change_source", "", rb"CHANGE\s+(?:MASTER|REPLICATION\s+SOURCE)\b"),
    _rule("start_replica", "", rb"START\s+(?:ALL\s+)?(?:SLAVES?|REPLICAS?|GROUP_REPLICATION)\b"),
    _rule("stop_replica", "", rb"STOP\s+(?:ALL\s+)?(?:SLAVES?|REPLICAS?|GROUP_REPLICATION)\b"),
    _rule("reset", "", rb"RESET\b"),
    _rule("flush", "", rb"FLUSH\b"),
    _rule("change_rows", "table", rb"UPDATE(?:\s+(?:LOW_PRIORITY|IGNORE))*", _OBJECT),
    _rule("change_rows", "table", rb"DELETE\b[^'\"]*?\bFROM\b", _OBJECT),
    _rule("change_rows", "table", rb"TRUNCATE(?:\s+TABLE)?\b", _OBJECT),
    _rule("alter_database", "database", rb"ALTER\s+(?:DATABASE|SCHEMA)\s*", _NAME),
    _rule("alter_table", "table", rb"ALTER\s+TABLE\b", _OBJECT),
    _rule("drop_program", "table", rb"DROP\s+(?:VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT)\b", _IF, _OBJECT),
    _rule("alter_table", "table", rb"(?:CREATE(?:\s+\w+)?|DROP)\s+INDEX\b.*?\bON\b", _OBJECT),
    _rule(
        "look_after_table",
        "table",
        rb"(?:ANALYZE|CHECK|OPTIMIZE|REPAIR)\s+(?:(?:LOCAL|NO_WRITE_TO_BINLOG)\s+)?TABLES?\b",
        _OBJECT,
    ),
    _rule("query", "", rb"(?:SELECT|SHOW)\b"),
    _rule("change_server", "", rb"(?:INSTALL|UNINSTALL|PURGE|SHUTDOWN|RESTART|KILL)\b"),
    _rule(
        "change_server", "", rb"(?:CREATE|ALTER|DROP)\s+(?:SERVER|(?:UNDO\s+)?TABLESPACE|LOGFILE|INSTANCE|RESOURCE)\b"
    ),
    _rule("nothing", "", rb"\Z"),
    _rule("grant_or_account", "", rb"(?:GRANT|REVOKE)\b"),
    _rule("grant_or_account", "", rb"(?:CREATE(?:\s+OR\s+REPLACE)?|ALTER|DROP|RENAME)\s+(?:USER|ROLE)\b"),
]


def classify(text: bytes, charset: str = "utf8mb4") -> Classified:
    """The kind of a statement and the names in its head, which are written in that character set."""
    for kind, names, pattern in KINDS[:2]:
        found = pattern.match(text, 0, _HEAD)
        if found:
            return _named(kind, names, found, charset)
    return (_classify_again if len(text) <= _SAID_AGAIN else _classify_other)(text, charset)


def _classify_other(text: bytes, charset: str) -> Classified:
    # A SET can name what matters late: all of it is looked at.
    head = opened(text if b"SET" in text[:24].upper() else text[:_HEAD])
    for kind, names, pattern in KINDS:
        found = pattern.match(head)
        if found:
            return _named(kind, names, found, charset)
    return Classified("other")


_classify_again = functools.lru_cache(maxsize=256)(_classify_other)


_TRIGGER_ON = re.compile(
    rb".*?\bTRIGGER\b" + _IF + _OBJECT + rb"\s+(?:BEFORE|AFTER)\s+\w+\s+ON\b" + _OBJECT, re.IGNORECASE | re.DOTALL
)


def trigger_table(text: bytes, charset: str = "utf8mb4") -> Classified:
    """The table that a statement of the kind create_trigger hangs its trigger on."""
    found = _TRIGGER_ON.match(opened(text[:_HEAD]))
    return _named("create_trigger", "table", found, charset) if found else Classified("create_trigger")


def beginning(text: bytes) -> str:
    """The first words of a statement, enough for a person to find it."""
    return b" ".join(text[:200].split()[:4])[:80].decode("utf-8", "backslashreplace")


_VALUE_OR_NAME = re.compile(
    rb"(`[^`]*(?:`|\Z))"  # a name
    rb"|'[^'\\]*(?:(?:\\.|'')[^'\\]*)*(?:'|\Z)|\"[^\"\\]*(?:(?:\\.|\"\")[^\"\\]*)*(?:\"|\Z)"  # a string
    rb"|(?<![\w$`@!])[-+]?(?:0[xX][0-9a-fA-F]+|[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?)",  # a number
    re.DOTALL,
)
_LOOKED_AT = 8192


def redacted(text: bytes, length: int = 200) -> str:
    """The first characters of a statement with a ? in the place of each value; names stay as they are."""
    shown = _VALUE_OR_NAME.sub(lambda found: found.group(1) or b"?", text[:_LOOKED_AT])
    return b" ".join(shown[: length * 4].split()).decode("utf-8", "backslashreplace")[:length]


def opened(text: bytes) -> bytes:
    """The text as a server reads it: version comments opened, other comments gone, strings left alone."""
    if b"/*" not in text and b"--" not in text and b"#" not in text:
        return text.strip()
    return _SHOWN.sub(lambda found: b" " if found.group(1) else found.group(0), text).strip()


def _named(kind: str, names: str, found: Any, charset: str) -> Classified:
    if names == "database":
        return Classified(kind, database=unquoted(found.groups()[-1], charset))
    if names == "table":
        first, second = found.groups()[-2:]
        database = unquoted(first, charset) if second else None
        return Classified(kind, database, unquoted(second or first, charset))
    return Classified(kind)


def unquoted(name: bytes, charset: str = "utf8mb4") -> str:
    """A name as it is meant; a byte that is no character reads as \\xNN."""
    quote = name[:1]
    if quote in (b"`", b'"'):
        name = name[1:-1].replace(quote * 2, quote)
    try:
        return name.decode(_CODECS.get(charset, charset), "backslashreplace")
    except LookupError:  # a character set of MySQL alone
        return name.decode("utf-8", "backslashreplace")
