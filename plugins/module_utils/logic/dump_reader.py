# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump, statement by statement, out of a stream of bytes. Pure.

Reads what mysqldump (5.6 to 9.7), mariadb-dump and the cloud services write, and what people make of it by hand: the
client's DELIMITER lines, strings and comments of every kind, sql_mode and character set changing on the way. A
statement may be larger than any chunk; no byte of it is looked at twice, and only the current statement is kept.
"""

from typing import Iterable, Iterator, NamedTuple, Optional, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dump_lexer, dump_rows
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_session import Session
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_stream import Stream

_BOM = b"\xef\xbb\xbf"
# /*!99999 is later than every server: no server runs it (mariadb-dump's "enable the sandbox mode" line is one).
_NEVER_RUN = b"/*!99999"
# mysqlbinlog tells the mysql client, and no server, in which character set the next statements are: /*!\C latin1 */
_FOR_THE_CLIENT = b"/*!\\C "
_LOOK_AHEAD = len(_NEVER_RUN)
_ROWS = (b"INSERT ", b"REPLACE ")
# Longer than each of the words below and what must follow it.
_WORD = 32
# What mysqldump writes on the line after a routine, trigger or event.
_AFTER_BODY = (b"DELIMITER ", b"/*!50003 SET ")
# Commands of the mysql client that do something at the client: a server cannot run them, and we do not.
_CLIENT_COMMANDS = frozenset(
    b"charset connect edit ego exit go nopager notee pager print prompt quit source status system tee".split()
)


class IncompleteDump(BadInput):
    """The dump ends, or is damaged, before its end. Facts: line and offset (of what is unfinished), where known."""


class Statement(NamedTuple):
    """text: without its delimiter and without what stood before it. line: of its first byte, from 1.

    offset: of its first byte in the plain stream. end: the offset behind its delimiter.
    charset: what the text is written in, by its MySQL name (mysqldump writes definitions in utf8mb4, and rows with the
    names of their tables in the character set of the dump). backslash_escapes: what a backslash in a string does.
    The text is the stream's own, byte for byte, but for one newline: see `_Reader._hidden_end`.
    """

    text: bytes
    line: int
    offset: int
    end: int
    charset: str = "utf8mb4"
    backslash_escapes: bool = True


class Comment(NamedTuple):
    """A comment between statements, with the newline that ends it if it has one. Fields as in `Statement`."""

    text: bytes
    line: int
    offset: int
    end: int


def statements(chunks: Iterable[bytes]) -> Iterator[Statement]:
    """Each statement of the stream, in order. Raises as `read` does."""
    for item in read(chunks):
        if isinstance(item, Statement):
            yield item


def read(chunks: Iterable[bytes]) -> Iterator[Union[Statement, Comment]]:
    """Each statement and each comment between statements, in order.

    Raises IncompleteDump when the stream ends inside something, BadInput for a command of the mysql client.
    """
    return iter(_Reader(Stream(chunks)))


class _Reader:
    """What stands between statements; the inside of one is read by `_statement`."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.session = Session()
        self._closer_until = 0

    def __iter__(self) -> Iterator[Union[Statement, Comment]]:
        stream = self.stream
        if stream.ahead(len(_BOM)) == _BOM:
            stream.go(len(_BOM))
        while True:
            yield from self._rows()
            stream.skip(dump_lexer.BLANKS)
            stream.begin()
            next_bytes = stream.ahead(_WORD)
            line, offset, delimiter = stream.line, stream.offset, self.session.syntax.delimiter
            if not next_bytes:
                return
            if next_bytes.startswith(delimiter):
                stream.go(stream.at + len(delimiter))
            elif self._comment(next_bytes):
                yield Comment(stream.taken(), line, offset, stream.offset)
            elif self._delimiter_line(next_bytes):
                continue
            else:
                self._refuse_client_command(next_bytes)
                text = self._statement(line, offset)
                stream.go(stream.at + len(delimiter))
                syntax = self.session.syntax
                yield Statement(text, line, offset, stream.offset, syntax.charset, syntax.backslash_escapes)
                self.session.follow(text)

    def _rows(self) -> Iterator[Statement]:
        """The INSERTs from here on, each in one step: short ones, of which some dumps have millions, and long ones."""
        stream, charset, escapes = self.stream, self.session.syntax.charset, self.session.syntax.backslash_escapes
        row = dump_lexer.patterns(self.session.syntax).row
        found = row.match(stream.buffer, stream.at)
        while True:
            while found:
                stream.go(found.start(1))
                line, offset = stream.line, stream.offset
                stream.go(found.end())
                yield Statement(found.group(1), line, offset, stream.offset, charset, escapes)
                found = row.match(stream.buffer, stream.at)
            statement = self._long_row()
            if statement is None:
                return
            yield statement
            found = row.match(stream.buffer, stream.at)

    def _long_row(self) -> Optional[Statement]:
        """The INSERT that is next; None, and nothing but blanks is passed, when it takes a closer look."""
        stream, syntax = self.stream, self.session.syntax
        stream.begin()
        stream.skip(dump_lexer.BLANKS)
        stream.begin()
        if (
            syntax.delimiter != b";"
            or syntax.charset in dump_lexer.TWO_BYTE_CHARSETS
            or stream.offset < self._closer_until
            or not stream.ahead(_WORD).startswith(_ROWS)
        ):
            return None
        line, offset = stream.line, stream.offset
        text, end = stream.upto(dump_rows.END, dump_rows.LONGEST)
        if not dump_rows.is_whole(text, syntax.backslash_escapes):
            stream.back(text + end)
            # All of what was looked at: a dump without line ends is not looked at as a whole for each statement.
            self._closer_until = offset + (len(text) or dump_rows.LONGEST)
            return None
        stream.line += text.count(b"\n") + 1
        return Statement(text, line, offset, offset + len(text) + 1, syntax.charset, syntax.backslash_escapes)

    def _comment(self, next_bytes: bytes) -> bool:
        """Pass over a comment, if one starts here. At this place the client takes `--` without a blank for one, too."""
        stream = self.stream
        if next_bytes.startswith((b"#", b"--")):
            stream.pass_over(dump_lexer.LINE_COMMENT, b"\n")
            return True
        if next_bytes.startswith(_FOR_THE_CLIENT):
            self._block_comment(stream.line, stream.offset)
            return True
        if not next_bytes.startswith(b"/*") or _is_mark(next_bytes):
            return False
        self._block_comment(stream.line, stream.offset)
        return True

    def _block_comment(self, line: int, offset: int) -> None:
        self.stream.go(self.stream.at + 2)
        if not self.stream.pass_over(dump_lexer.BLOCK_COMMENT, b"*/"):
            raise _cut("a comment", line, offset)

    def _delimiter_line(self, next_bytes: bytes) -> bool:
        """Obey a DELIMITER line, if this is one."""
        words = next_bytes.split(None, 1)
        if words[0].lower() != b"delimiter":
            return False
        stream, line, offset = self.stream, self.stream.line, self.stream.offset
        stream.pass_over(dump_lexer.LINE_COMMENT, b"\n")
        text = stream.taken()
        words = text.split()
        delimiter = words[1].strip(b"'\"`") if len(words) > 1 else b""
        if not delimiter and not text.endswith(b"\n"):
            raise _cut("a DELIMITER line", line, offset)
        if not delimiter or b"\\" in delimiter:
            found = "a DELIMITER line without a usable delimiter"
            raise BadInput(found, _where(line, offset), line=line, offset=offset)
        self.session.delimit(delimiter)
        return True

    def _refuse_client_command(self, next_bytes: bytes) -> None:
        word = next_bytes.split(None, 1)[0].split(self.session.syntax.delimiter)[0].lower()
        if word in _CLIENT_COMMANDS:
            raise _client_command(word, self.stream.line, self.stream.offset)

    def _statement(self, line: int, offset: int) -> bytes:
        """The text of the statement that starts here; stops at its delimiter."""
        stream, syntax = self.stream, self.session.syntax
        patterns = dump_lexer.patterns(syntax)
        longest = max(_LOOK_AHEAD, len(syntax.delimiter))
        depth = 0  # of version comments
        while True:
            to = (patterns.conditional if depth else patterns.outside).match(stream.buffer, stream.at).end()
            moved = to > stream.at
            stream.go(to)
            if not depth and stream.buffer.startswith(syntax.delimiter, to):
                return stream.taken()
            if moved or (len(stream.buffer) - to < longest and stream.more()):
                continue
            next_bytes = stream.buffer[to : to + longest]
            if not next_bytes:
                raise _cut("a version comment" if depth else "a statement", line, offset)
            if next_bytes[:1] in patterns.strings:
                self._string(next_bytes[:1], patterns)
            elif next_bytes.startswith((b"#", b"/*", b"--")) and not _is_mark(next_bytes):
                text = self._inner_comment(next_bytes, depth)
                if text is not None:
                    return text
            else:
                depth += self._mark(next_bytes, depth)

    def _string(self, quote: bytes, patterns: dump_lexer.Patterns) -> None:
        """Pass over a string, or a quoted name, that is not all in the buffer."""
        stream = self.stream
        line, offset = stream.line, stream.offset
        stream.go(stream.at + 1)
        if not stream.pass_over(patterns.strings[quote], quote):
            raise _cut("a name" if quote == b"`" else "a string", line, offset)

    def _inner_comment(self, next_bytes: bytes, depth: int) -> Optional[bytes]:
        """Pass over a comment. The text of the statement, when its end stands in that comment."""
        if next_bytes.startswith(b"/*"):
            self._block_comment(self.stream.line, self.stream.offset)
        elif self._hidden_end(depth):
            text = self.stream.taken()
            return text.rstrip()[:-2] + b"\n*/" if depth else text
        else:
            self.stream.pass_over(dump_lexer.LINE_COMMENT, b"\n")
        return None

    def _mark(self, next_bytes: bytes, depth: int) -> int:
        """Pass over anything else that stopped the patterns; by how much deeper in version comments we are then."""
        stream = self.stream
        if next_bytes.startswith(b"/*!"):
            stream.go(stream.at + 3)
            return 1
        if depth and next_bytes.startswith(b"*/"):
            stream.go(stream.at + 2)
            return -1
        # A backslash that is the last byte of all is a cut, which is seen next.
        if next_bytes.startswith(b"\\") and next_bytes[1:2] not in (b"N", b""):
            raise _client_command(next_bytes[:2], stream.line, stream.offset)
        stream.go(stream.at + 1)
        return 0

    def _hidden_end(self, depth: int) -> bool:
        """Go to the delimiter that stands at the end of the line comment that starts here, if one does.

        mysqldump puts `*/;;` or ` ;;` behind the last line of a trigger, event or routine, even when that line ends
        in a comment: neither the mysql client nor a server finds the end then (seen with 9.7.4). The line that
        follows tells; a newline before the `*/` makes the statement what was meant.
        """
        stream, delimiter = self.stream, self.session.syntax.delimiter
        if delimiter == b";":
            return False
        comment = stream.rest_of_line()
        body = comment.rstrip()
        if not body.endswith(delimiter):
            return False
        body = body[: -len(delimiter)]
        after = stream.ahead(len(comment) + _WORD)[len(comment) :].lstrip()
        if not after.startswith(_AFTER_BODY) or (depth and not body.rstrip().endswith(b"*/")):
            return False
        stream.go(stream.at + len(body))
        return True


def _is_mark(next_bytes: bytes) -> bool:
    """Whether what looks like a comment is part of a statement: the start of a version comment, or two minus signs."""
    if next_bytes.startswith(b"--"):
        return not dump_lexer.DASHES.match(next_bytes)
    return next_bytes.startswith(b"/*!") and not next_bytes.startswith(_NEVER_RUN)


def _where(line: int, offset: int) -> str:
    return "line %d, byte %d of the plain text" % (line, offset)


def _cut(what: str, line: int, offset: int) -> IncompleteDump:
    return IncompleteDump(
        "the dump is cut: %s that begins here has no end" % what, _where(line, offset), line=line, offset=offset
    )


def _client_command(word: bytes, line: int, offset: int) -> BadInput:
    shown = word.decode("ascii", "backslashreplace")
    return BadInput(
        "a command of the mysql client, `%s`, which no server can run" % shown,
        _where(line, offset),
        next_step="take the line out of the dump",
        line=line,
        offset=offset,
    )
