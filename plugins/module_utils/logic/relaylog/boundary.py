# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where transactions begin and end: the states between events, and what each kind of event does to them. Pure.

A place is a boundary when the state after the event before it is IDLE. The rules are those of the servers' receivers
(MySQL 5.7 and later look at a transaction's boundaries in the same way; MariaDB 10.11 for groups), and stricter where
a server is lax: rows that nothing began, files of LOAD DATA, and an order of events that cannot be never make one.
"""

from typing import Dict, List, Tuple

# Kinds of events
IGNORED = "ignored"  # what stands between transactions, or is of no weight inside one
BEGINS_GTID = "gtid"
BEGINS_GROUP = "MariaDB gtid"
BEGINS_STANDALONE = "MariaDB gtid of one statement"
BEGIN = "begin"
END = "end"
XA_END = "xa rollback"
STATEMENT = "statement"
PREPARES = "before a statement"
ROWS_BEGIN = "table map"
ROWS = "rows"
ROWS_END = "rows that end a statement"
LOAD = "part of a file"
LOAD_END = "end of a file"
PAYLOAD = "payload"
INCIDENT = "incident"

# States
UNSYNCED = "unsynced"  # nothing but headers of the oldest file: what follows may be the middle of a transaction
FRAGMENT = "fragment"  # it is: the end of a transaction whose beginning is gone
IDLE = "idle"
IDLE_GTID = "idle, and every transaction has a gtid"
AFTER_GTID = "after gtid"
PREPARED = "prepared"
OPEN = "open"
IN_LOAD = "in load"
IN_ROWS = "in rows"
IN_GROUP = "in group"
IN_STANDALONE = "in standalone"
LOST = "lost"  # after something that cannot be: no boundary before the next clean beginning has come to its end

STATES = (
    *(UNSYNCED, FRAGMENT, LOST),
    *(IDLE, IDLE_GTID, AFTER_GTID, PREPARED, OPEN, IN_LOAD, IN_ROWS, IN_GROUP, IN_STANDALONE),
)

# Event type -> kind. Query (2) goes by its text, MariaDB's Gtid (162) by its flags, rows by theirs.
KINDS: Dict[int, str] = {
    **dict.fromkeys((1, 3, 4, 6, 7, 8, 10, 12, 15, 27, 28, 35, 36, 41, 43, 161, 163), IGNORED),
    **dict.fromkeys((5, 13, 14), PREPARES),
    **dict.fromkeys((16, 38), END),
    **dict.fromkeys((9, 17), LOAD),
    **dict.fromkeys((11, 18), LOAD_END),
    **dict.fromkeys((19, 29, 37, 160), ROWS_BEGIN),
    **dict.fromkeys((20, 21, 22, 23, 24, 25, 30, 31, 32, 39, 166, 167, 168, 169, 170, 171, 172), ROWS),
    **dict.fromkeys((33, 34, 42), BEGINS_GTID),
    26: INCIDENT,
    40: PAYLOAD,
    162: BEGINS_GROUP,
    165: STATEMENT,
}

# state -> kind -> (next state, whether this order of events can be). What is not named leads to LOST and cannot be.
_STAY = object()
_RULES: Dict[str, List[Tuple[Tuple[str, ...], object]]] = {
    UNSYNCED: [
        ((IGNORED,), _STAY),
        ((STATEMENT, PREPARES, ROWS_BEGIN, ROWS, ROWS_END, LOAD, LOAD_END), FRAGMENT),
        ((END, XA_END, INCIDENT, PAYLOAD), IDLE),
        ((BEGIN,), OPEN),
    ],
    FRAGMENT: [
        ((IGNORED, STATEMENT, PREPARES, ROWS_BEGIN, ROWS, ROWS_END, LOAD, LOAD_END), _STAY),
        ((END, XA_END, INCIDENT, PAYLOAD), IDLE),
        ((BEGIN,), OPEN),
    ],
    IDLE_GTID: [((IGNORED, INCIDENT), _STAY)],
    IDLE: [
        ((IGNORED, INCIDENT, STATEMENT), IDLE),
        ((BEGIN,), OPEN),
        ((PREPARES,), PREPARED),
        ((LOAD,), IN_LOAD),
        ((ROWS_BEGIN, ROWS), IN_ROWS),
        ((ROWS_END,), IDLE),
    ],
    AFTER_GTID: [
        ((IGNORED,), _STAY),
        ((STATEMENT, XA_END, PAYLOAD, INCIDENT), IDLE),
        ((BEGIN,), OPEN),
        ((PREPARES,), PREPARED),
        ((LOAD,), IN_LOAD),
    ],
    PREPARED: [
        ((IGNORED, PREPARES), _STAY),
        ((STATEMENT, INCIDENT), IDLE),
        ((LOAD,), IN_LOAD),
        ((LOAD_END,), IDLE),
    ],
    OPEN: [
        ((IGNORED, STATEMENT, PREPARES, ROWS_BEGIN, ROWS, ROWS_END, LOAD, LOAD_END), _STAY),
        ((END, XA_END, INCIDENT), IDLE),
    ],
    IN_LOAD: [
        ((IGNORED, STATEMENT, PREPARES, LOAD), _STAY),
        ((LOAD_END, INCIDENT), IDLE),
    ],
    IN_ROWS: [
        ((IGNORED, ROWS_BEGIN, ROWS), _STAY),
        ((ROWS_END, END, INCIDENT), IDLE),
    ],
    IN_GROUP: [
        (
            (IGNORED, INCIDENT, BEGIN, STATEMENT, PREPARES, ROWS_BEGIN, ROWS, ROWS_END, LOAD, LOAD_END, XA_END),
            _STAY,
        ),
        ((END,), IDLE),
    ],
    IN_STANDALONE: [
        ((IGNORED, PREPARES, ROWS_BEGIN, ROWS, ROWS_END, LOAD), _STAY),
        ((BEGIN, END, XA_END, STATEMENT, INCIDENT, LOAD_END), IDLE),
    ],
    LOST: [
        ((IGNORED, STATEMENT, PREPARES, ROWS_BEGIN, ROWS, ROWS_END, LOAD, LOAD_END, PAYLOAD), _STAY),
        ((BEGIN, END, XA_END, INCIDENT), _STAY),
    ],
}
# A transaction that begins is a clean start wherever it comes; what was open before it stays half.
_BEGINNINGS = {BEGINS_GTID: AFTER_GTID, BEGINS_GROUP: IN_GROUP, BEGINS_STANDALONE: IN_STANDALONE}
_CLEAN_BEFORE = (UNSYNCED, FRAGMENT, IDLE, IDLE_GTID, LOST)


def _table() -> Dict[str, Dict[str, Tuple[str, bool]]]:
    table: Dict[str, Dict[str, Tuple[str, bool]]] = {}
    for state, rules in _RULES.items():
        row = {kind: (target, state in _CLEAN_BEFORE) for kind, target in _BEGINNINGS.items()}
        for kinds, target in rules:
            for kind in kinds:
                row[kind] = (state if target is _STAY else str(target), True)
        table[state] = row
    return table


TRANSITIONS = _table()


def after(state: str, kind: str) -> Tuple[str, bool]:
    """The state after an event of a kind, and whether this order of events is a possible one."""
    return TRANSITIONS[state].get(kind, (LOST, False))


def kind_of_query(text: bytes) -> str:
    """What a statement means to a transaction; the bytes of the text decide, as they do for a server."""
    if text == b"BEGIN" or text.startswith(b"XA START"):
        return BEGIN
    if text == b"COMMIT":
        return END
    upper = text[:12].upper()
    if upper.startswith(b"ROLLBACK") and not upper.startswith(b"ROLLBACK TO "):
        return END
    return XA_END if upper.startswith(b"XA ROLLBACK") else STATEMENT
