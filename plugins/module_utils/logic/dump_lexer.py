# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Byte patterns that jump over SQL text, for each way a server may have been told to read it. Pure.

What a quote, a backslash or a byte of 0x5c means depends on sql_mode and on the client character set, which a dump
changes on its way; so the patterns are built for a `Syntax` and kept. Each pattern runs in C over as much text as it
can and stops exactly where a decision is needed, or where the bytes at hand end in the middle of something.
"""

import re
import sys
from typing import Any, Dict, NamedTuple

# Character sets in which the second byte of a character can be a backslash (0x5c) or a backtick (0x60):
# first bytes, second bytes. No such character set uses quotes, `;`, `*` or `/` as a second byte.
TWO_BYTE_CHARSETS = {
    "big5": (r"\xa1-\xf9", r"\x40-\x7e\xa1-\xfe"),
    "cp932": (r"\x81-\x9f\xe0-\xfc", r"\x40-\x7e\x80-\xfc"),
    "gb18030": (r"\x81-\xfe", r"\x40-\x7e\x80-\xfe"),
    "gbk": (r"\x81-\xfe", r"\x40-\x7e\x80-\xfe"),
    "sjis": (r"\x81-\x9f\xe0-\xfc", r"\x40-\x7e\x80-\xfc"),
}

# Python 3.11 can promise not to go back into what it matched: a fifth faster, same result.
_KEEP = "+" if sys.version_info >= (3, 11) else ""
# Before 3.11 each repetition of a group costs memory until the match ends, so a match ends after this many.
_REPEATS = "{0,1000}" + _KEEP
# An INSERT with more strings than this is not short: it is read in another way (dump_rows.py).
_OF_SHORT = "{0,100}" + _KEEP


class Syntax(NamedTuple):
    """How text is to be read from here on."""

    delimiter: bytes = b";"
    backslash_escapes: bool = True
    ansi_quotes: bool = False
    charset: str = "utf8mb4"


class Patterns(NamedTuple):
    """What a `Syntax` compiles to.

    outside: plain text and whole strings, up to a delimiter, comment, backslash or string that is not all here.
    conditional: the same inside /*! */, where the delimiter means nothing and the closing mark does.
    strings: opening quote -> pattern of the text up to the closing one.
    row: a whole INSERT that is short, with its delimiter and the blanks before it; group 1 is its text.
    """

    outside: Any
    conditional: Any
    strings: Dict[bytes, Any]
    row: Any


#: Text of a /* */ comment, up to its closing mark.
BLOCK_COMMENT = re.compile(rb"[^*]*(?:\*(?=[^/])[^*]*)*")
#: Text of a -- or # comment, up to the end of its line.
LINE_COMMENT = re.compile(rb"[^\n]*")
#: `--` opens a comment only before white space or a control character (MySQL manual, "Comments").
DASHES = re.compile(rb"--(?:[\x00-\x20\x7f]|\Z)")
BLANKS = re.compile(rb"[ \t\r\n\f\v]*")

_built: Dict[Syntax, Patterns] = {}


def patterns(syntax: Syntax) -> Patterns:
    """The patterns of one way to read; built once for each."""
    if syntax not in _built:
        _built[syntax] = _build(syntax)
    return _built[syntax]


def _build(syntax: Syntax) -> Patterns:
    lead, trail = TWO_BYTE_CHARSETS.get(syntax.charset, ("", ""))
    escaping = {"'": syntax.backslash_escapes, '"': syntax.backslash_escapes and not syntax.ansi_quotes, "`": False}
    bodies = {quote: _body(quote, escapes, lead, trail) for quote, escapes in escaping.items()}
    # A doubled quote needs no rule: it reads as two strings side by side, with the same end.
    whole = ["%s%s%s" % (quote, bodies[quote], quote) for quote in sorted(bodies)]
    pairs = [_two_bytes(lead, trail)] if lead else []
    dash, slash, star = r"-(?=[^-])", r"/(?=[^*])", r"\*(?=[^/])"
    first = re.escape(syntax.delimiter[:1].decode("latin-1"))
    # What opens a delimiter must not be skipped as a lone dash or slash.
    outside = [mark for mark, byte in ((dash, b"-"), (slash, b"/")) if syntax.delimiter[:1] != byte]
    special, steps = first + r"'\"`/#\\-" + lead, whole + pairs + outside
    delimiter = re.escape(syntax.delimiter.decode("latin-1"))
    return Patterns(
        outside=_compile(_run(special, steps)),
        conditional=_compile(_run(r"*'\"`/#\\-" + lead, whole + pairs + [dash, slash, star])),
        strings={quote.encode(): _compile(body) for quote, body in bodies.items()},
        row=_compile(r"[ \t\r\n\f\v]*((?:INSERT|REPLACE) %s)%s" % (_run(special, steps, _OF_SHORT), delimiter)),
    )


def _body(quote: str, escapes: bool, lead: str, trail: str) -> str:
    """Text between two quotes. A character of two bytes comes before the backslash, as in the server's lexer."""
    special = ([r"\\."] if escapes else []) + ([_two_bytes(lead, trail)] if lead else [])
    plain = "[^%s%s%s]*%s" % (quote, r"\\" if escapes else "", lead, _KEEP)
    return plain + ("(?:(?:%s)%s)*%s" % ("|".join(special), plain, _KEEP) if special else "")


def _two_bytes(lead: str, trail: str) -> str:
    return "[%s](?:[%s]|(?=[^%s]))" % (lead, trail, trail)


def _run(special: str, steps: Any, repeats: str = _REPEATS) -> str:
    plain = "[^%s]*%s" % (special, _KEEP)
    return "%s(?:(?:%s)%s)%s" % (plain, "|".join(steps), plain, repeats)


def _compile(pattern: str) -> Any:
    return re.compile(pattern.encode("latin-1"), re.DOTALL)
