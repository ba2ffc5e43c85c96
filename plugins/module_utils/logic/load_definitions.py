# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a dump says there is to be when it is loaded: columns, keys, triggers, routines, events and views. Pure.

Statements can all succeed and a table still lack an index. So what the dump defines is noted while it is read, and
compared with what the server says it has. What cannot be told from the text (a definition that is not laid out as
SHOW CREATE TABLE does it) is not guessed.
"""

import re
from typing import Dict, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_statement import (
    Classified,
    opened,
    unquoted,
)

_NAME = rb"`(?:[^`]|``)+`"
_LAYOUT = re.compile(rb"[^\n(]*\bTABLE\b[^\n(]*\(\r?\n(?P<body>.*?\n)\)", re.DOTALL)
_COLUMN = re.compile(rb"\s+(%s) " % _NAME)
_KEY = re.compile(rb"\s+(?:UNIQUE |FULLTEXT |SPATIAL )?KEY (%s)" % _NAME)
_PRIMARY = re.compile(rb"\s+PRIMARY KEY")
_FOREIGN = re.compile(rb"\s+CONSTRAINT (%s) FOREIGN KEY" % _NAME)
_KINDS = {"create_trigger": "trigger", "create_event": "event", "create_view": "view"}
_ROUTINE = re.compile(rb".*?\b(FUNCTION|PROCEDURE)\b", re.IGNORECASE | re.DOTALL)
_DROPPED = re.compile(rb"DROP\s+(VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT)\b", re.IGNORECASE)


class Object(NamedTuple):
    """kind: table, column, key, foreign key, trigger, function, procedure, event or view. of: its table, or none."""

    kind: str
    schema: str
    of: str
    name: str

    def __str__(self) -> str:
        place = ".".join(part for part in (self.schema, self.of) if part)
        return "%s %s of %s" % (self.kind, self.name, place) if self.of else "%s %s.%s" % (self.kind, place, self.name)

    def folded(self) -> "Object":
        """Names may be told in another case than they were made in."""
        return Object(*(part.lower() for part in self))


class Definitions:
    """What is to be there, from the statements that ran, in their order."""

    def __init__(self) -> None:
        self._tables: Dict[Tuple[str, str], List[Object]] = {}
        self._programs: Set[Object] = set()

    def ran(self, classified: Classified, text: bytes, schema: Optional[str], charset: str) -> None:
        """A statement that was run, or was run by an earlier load. schema: the current one."""
        kind, home = classified.kind, classified.database or schema or ""
        name = str(classified.table)
        if kind == "create_table" and b"TEMPORARY" not in text.partition(b"(")[0].upper():
            self._programs.discard(Object("view", home, "", name))
            self._tables[home, name] = [Object("table", home, "", name), *_of_table(home, name, text, charset)]
        elif kind in ("drop_table", "alter_table"):
            # What such a statement leaves is not worked out; a dump tool drops before it makes.
            self._tables.pop((home, name), None)
        elif kind == "drop_database":
            self._forget_schema(str(classified.database))
        elif kind in _KINDS:
            self._tables.pop((home, name), None)  # the placeholder of a view is a table first
            self._programs.add(Object(_KINDS[kind], home, "", name))
        elif kind == "create_routine":
            found = _ROUTINE.match(opened(text[:4096]))
            if found:
                self._programs.add(Object(found.group(1).decode("ascii").lower(), home, "", name))
        elif kind == "drop_program":
            found = _DROPPED.match(opened(text[:4096]))
            if found:
                self._programs.discard(Object(found.group(1).decode("ascii").lower(), home, "", name))

    def _forget_schema(self, schema: str) -> None:
        self._tables = {key: objects for key, objects in self._tables.items() if key[0] != schema}
        self._programs = {program for program in self._programs if program.schema != schema}

    @property
    def schemas(self) -> List[str]:
        return sorted({key[0] for key in self._tables} | {program.schema for program in self._programs})

    def missing(self, found: Set[Object]) -> List[Object]:
        """What is not among what a server has; its names are folded. A name that could not be read is left out."""
        wanted = [one for objects in self._tables.values() for one in objects] + sorted(self._programs)
        return [one for one in wanted if one.folded() not in found and not any("\\x" in part for part in one)]


def _of_table(schema: str, table: str, text: bytes, charset: str) -> List[Object]:
    layout = _LAYOUT.match(opened(text) if b"/*!" in text[:20] else text)
    found: List[Object] = []
    for line in layout.group("body").split(b"\n") if layout else ():
        if _PRIMARY.match(line):
            found.append(Object("key", schema, table, "PRIMARY"))
        for kind, rule in (("column", _COLUMN), ("key", _KEY), ("foreign key", _FOREIGN)):
            named = rule.match(line)
            if named:
                found.append(Object(kind, schema, table, unquoted(named.group(1), charset)))
    return found
