# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names inside SQL text. Pure. Values go through the driver."""

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput


def identifier(*names: str) -> str:
    """Quote a name, or a path of names, for use in a statement: ``identifier("a`b", "t")`` is ```a``b`.`t```.

    Raises BadInput for a name that no server would take (empty, or holding NUL).
    """
    for name in names:
        if not name or "\x00" in name:
            raise BadInput("not a name of a database object: %r" % name)
    return ".".join("`%s`" % name.replace("`", "``") for name in names)
