# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a log says, made fit to be shown: secrets masked, control characters escaped, cut. Pure.

The text is whatever somebody brought a server to write. It is data: never a format, a template or a command.
"""

import re
import unicodedata

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.errorlog.line import CUT

#: Characters of a quote, the mark of a cut included.
LONGEST_QUOTE = 500

_MASK = r"\g<before>'***'"
# A string of SQL; one that the log has cut goes to the end of the line.
_STRING = r"""(?:'(?:[^'\\]|\\.|'')*(?:'|\\?$)|"(?:[^"\\]|\\.|"")*(?:"|\\?$))"""
_SECRETS = [
    (
        r"(?P<before>\bIDENTIFIED\s+(?:BY\s+(?:RANDOM\s+)?(?:PASSWORD\s+)?|WITH\s+[^\s']+\s+(?:BY|AS|USING)\s+"
        r"|WITH\s+'[^']*'\s+(?:BY|AS|USING)\s+))" + _STRING,
        _MASK,
    ),
    (r"(?P<before>\bREPLACE\s+)" + _STRING, _MASK),  # ALTER USER ... IDENTIFIED BY 'new' REPLACE 'old'
    (r"(?P<before>\b\w*PASSWORD\s*(?:=|:=|\(|\bTO\b)\s*(?:(?:OLD_)?PASSWORD\s*\(\s*)?)" + _STRING, _MASK),
    (r"(?P<before>\bPASSWORD\s+FOR\b.{0,200}?(?:=|\bTO\b)\s*(?:(?:OLD_)?PASSWORD\s*\(\s*)?)" + _STRING, _MASK),
    (r"(?P<before>--[\w-]*password[= ])(?!')\S+", r"\g<before>***"),
    (r"(?P<before>temporary password is generated for [^:]{0,200}: ).*", r"\g<before>***"),
]
_MASKS = [(re.compile(pattern, re.IGNORECASE | re.DOTALL), shown) for pattern, shown in _SECRETS]
# Categories that move the cursor, turn the writing around or show nothing: controls, formats, surrogates, separators.
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def quote(line: bytes) -> str:
    """At most LONGEST_QUOTE characters of printable text. Bytes that are no UTF-8 appear as ``\\xff``."""
    text = masked(line.decode("utf-8", "backslashreplace").strip())
    shown = "".join(_visible(character) for character in text[:LONGEST_QUOTE])
    if len(shown) <= LONGEST_QUOTE and len(text) <= LONGEST_QUOTE:
        return shown
    return shown[: LONGEST_QUOTE - len(CUT)] + CUT


def masked(text: str) -> str:
    """The text without the passwords of the statements in it."""
    for pattern, shown in _MASKS:
        text = pattern.sub(shown, text)
    return text


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
