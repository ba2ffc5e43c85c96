# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guide in docs/ that is written by hand, but for one part that is made from the product's own tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

BEGIN = "<!-- begin: made by `make docs` -->"
END = "<!-- end -->"


class Guide(NamedTuple):
    """made: the Markdown between BEGIN and END."""

    path: Path
    made: Callable[[], str]

    def current(self, text: str) -> str:
        """The text with its made part made anew; ValueError when the marks are not there."""
        before, mark, rest = text.partition(BEGIN)
        _old, end, after = rest.partition(END)
        if not mark or not end:
            raise ValueError(f"{self.path} has not both marks:\n{BEGIN}\n{END}")
        return f"{before}{BEGIN}\n\n{self.made()}\n{END}{after}"


def cell(text: str) -> str:
    """A text as it stands in a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")
