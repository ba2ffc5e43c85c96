# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file is, told by its first bytes and never by its name; and which of several files are a dump's. Pure."""

import re
from typing import NamedTuple, Optional

#: Enough of a file's start to know it (a tar archive says what it is at byte 257).
HEAD_SIZE = 1024


class Signature(NamedTuple):
    """name: as a person calls it. hint: what to do with such a file instead."""

    name: str
    offset: int
    magic: bytes
    hint: Optional[str] = None


#: Compressions that are read, by name.
COMPRESSIONS = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00", "zstd": b"\x28\xb5\x2f\xfd"}

_TAR = b"ustar"
_TAR_AT = 257

_EXTRACT = "extract it and give the dump that is inside"
_PHYSICAL = "a physical backup cannot be loaded as SQL; give a dump made with mysqldump"
_REWRITTEN = "make it anew with mysqldump --result-file (a shell such as PowerShell rewrote it)"
_FOREIGN = [
    Signature("a zip archive", 0, b"PK\x03\x04", _EXTRACT),
    Signature("a 7-Zip archive", 0, b"7z\xbc\xaf\x27\x1c", _EXTRACT),
    Signature("a tar archive", _TAR_AT, _TAR, _EXTRACT),
    Signature("an lz4 file", 0, b"\x04\x22\x4d\x18", "decompress it with lz4 -d"),
    Signature("an lzop file", 0, b"\x89LZO\x00", "decompress it with lzop -d"),
    Signature("an xtrabackup stream (xbstream)", 0, b"XBSTCK01", _PHYSICAL),
    Signature("a qpress archive of xtrabackup", 0, b"qpress10", _PHYSICAL),
    Signature("a binary log or relay log of MySQL", 0, b"\xfebin", "read it with mysqlbinlog"),
    Signature("an encrypted binary log of MySQL", 0, b"\xfdbin"),
    Signature("a file encrypted with openssl", 0, b"Salted__", "decrypt it first"),
    Signature("a file encrypted with gpg", 0, b"-----BEGIN PGP MESSAGE", "decrypt it first"),
    Signature("a PostgreSQL dump", 0, b"PGDMP"),
    Signature("a PDF document", 0, b"%PDF"),
    Signature("a program", 0, b"\x7fELF"),
    Signature("a text in UTF-16", 0, b"\xff\xfe", _REWRITTEN),
    Signature("a text in UTF-16", 0, b"\xfe\xff", _REWRITTEN),
]
_PAGE = re.compile(rb"\s*<(?:!doctype|html|\?xml|head|error)\b", re.IGNORECASE)
_WORDS = [
    (_PAGE, "an HTML or XML page", "download it anew"),
    (re.compile(rb"--\s*--? PostgreSQL database"), "a PostgreSQL dump", None),
    (re.compile(rb"mysqldump: (?:\[|Got error|Couldn't)|Usage: mysqldump"), "an error message of mysqldump", None),
    (re.compile(rb"\s*[\[{]\s*[\"\]}]"), "a JSON document", None),
]
# A dump begins with a word, a comment or a mark of SQL; control characters come later, inside strings, if at all.
_BEGINNING = rb"(?:\xef\xbb\xbf)?\s*(?:\Z|[;(#\\]|-(?:-|\Z)|/(?:\*|\Z)|[A-Za-z]+(?=[\t-~]|\Z))"
_TEXT = re.compile(_BEGINNING + rb"[^'\"`\x00-\x08\x0e-\x1f]*(?:['\"`]|\Z)")


class Foreign(NamedTuple):
    """Something that is no dump. name: what it looks like. hint: what to do next, where there is something."""

    name: str
    hint: Optional[str]


# The names of files that are a dump's, where one of many is to be told from the others.
_OF_DUMP = re.compile(r"[^.].*\.sql(?:\.(?:gz|bz2|xz|zst))?\Z", re.IGNORECASE | re.DOTALL)
_SORT_OUT = "bring it into a form that is read (NAME.sql, .sql.gz, .sql.bz2, .sql.xz, .sql.zst), or take it away"
# What other names mean: what may be a part of the data is not passed over in silence. First match wins.
_BESIDE = [
    (r"metadata(?:\.partial)?", "a file of mydumper", "load the directory with myloader"),
    (r"@\..+|.+@.*\.(?:json|idx|tsv(?:\.\w+)?)", "a file of MySQL Shell", "load the directory with util.loadDump()"),
    (r"xtrabackup_.+|ibdata\d*|.+\.(?:ibd|frm|xbstream|qp)", "a file of a physical backup", _PHYSICAL),
    (
        r".+\.(?:part|partial|filepart|crdownload|tmp)",
        "an unfinished copy",
        "wait until it is done, or take it away",
    ),
    (r"\..*|.+\.(?:md5|sha\d+|asc|sig|log|txt|json)", None, None),  # hidden; sums, signatures and notes
    (r".+\.sql\..+", "a dump in a form that is not read", _SORT_OUT),
    (r".+\.(?:gz|bz2|xz|zst|lz4|tar|tgz|zip|7z|dump|dmp|bak)", "data that nobody can place", _SORT_OUT),
]


def compression(head: bytes) -> Optional[str]:
    """The compression of a file that starts like this; None when it is plain."""
    for name, magic in COMPRESSIONS.items():
        if head.startswith(magic):
            return name
    return None


def is_tar(head: bytes) -> bool:
    return head.startswith(_TAR, _TAR_AT)


def of_dump(name: str) -> bool:
    """Whether a file of this name, in a directory or an archive, is a part of a dump."""
    return bool(_OF_DUMP.match(name))


def data_beside(name: str) -> Optional[Foreign]:
    """What a file beside those of a dump is, when it may hold data; None when it can be left alone."""
    for pattern, called, hint in _BESIDE:
        if re.match(r"(?:%s)\Z" % pattern, name, re.IGNORECASE | re.DOTALL):
            return Foreign(called, hint) if called else None
    return None


def foreign(head: bytes) -> Optional[Foreign]:
    """What a plain text that starts like this is, when it cannot be a dump; None when it can."""
    for signature in _FOREIGN:
        if head.startswith(signature.magic, signature.offset):
            return Foreign(signature.name, signature.hint)
    for pattern, name, hint in _WORDS:
        if pattern.match(head):
            return Foreign(name, hint)
    return None if _TEXT.match(head) else Foreign("binary data", None)
