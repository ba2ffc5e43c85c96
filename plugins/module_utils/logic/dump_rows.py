# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a long text is one INSERT and nothing else, told faster than by reading it token after token. Pure.

Nearly all bytes of a dump are rows, in statements of a megabyte. What is asked of each is small: does a quote, a
comment or a delimiter stand where it would end the statement elsewhere than at its last byte? That is answered here by
steps that each run over the whole text at the speed of memory: escapes out, all that is no mark out, and what is left
is a few thousand quotes. The answer is yes only where it is certain; everything else is read by the patterns of
dump_lexer.py, which know all there is.
"""

import re

#: A longer text is not looked at whole.
LONGEST = 16 << 20
#: Where a statement of a dump tool may end: behind it the line ends, too.
END = re.compile(rb";\r?\n")

# Names in a head may hold anything but what would be read in two ways; what follows VALUES has strings only.
_HEAD = re.compile(rb"(?:INSERT|REPLACE) (?:[\w$(),. ]|`[^`\\]*`)*?\bVALUES\b")
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
# Small enough for what is done to it to stay in the processor's own memory.
_BLOCK = 1 << 16
# Dashes only where two of them are side by side somewhere, which can open a comment: most are signs or of dates.
_NO_MARKS = bytes(byte for byte in range(256) if byte not in b"'\"`;#*\\")
_NO_MARKS_OR_DASHES = bytes(byte for byte in _NO_MARKS if byte not in b"-")
_ONLY_STRINGS = re.compile(rb"(?:-?'[^']*')*-?\Z")


def is_whole(text: bytes, backslash_escapes: bool) -> bool:
    """Whether a text before a `;` is one statement of rows, for a character set without a backslash in a character.

    No is no verdict: then nobody knows yet. A backslash outside a string is not looked for: no tool writes one, and a
    server refuses every statement that has one, but for the harmless \\N.
    """
    head = _HEAD.match(text)
    if not head:
        return False
    left, at = [], head.end()
    while at < len(text):
        # Behind a comma nothing is in the middle: no escape, no two dashes.
        to = text.find(b",", at + _BLOCK) + 1 or len(text)
        left.append(_marks_of(text[at:to], backslash_escapes))
        at = to
    marks = _without_pairs(b"".join(left))
    return not marks or _ONLY_STRINGS.match(marks) is not None


def _marks_of(rows: bytes, backslash_escapes: bool) -> bytes:
    if backslash_escapes and b"\\" in rows:
        rows = _ESCAPE.sub(b"", rows)
    return _without_pairs(rows.translate(None, _NO_MARKS if b"--" not in rows else _NO_MARKS_OR_DASHES))


def _without_pairs(marks: bytes) -> bytes:
    """Two quotes side by side may go: whoever was inside a string before them is inside one behind them."""
    return marks.replace(b"''", b"")
