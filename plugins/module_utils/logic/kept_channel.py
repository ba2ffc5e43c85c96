# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written down of a channel before it is removed, and who is right when it is read again. Pure.

RESET REPLICA ALL forgets every setting of a channel and the filters that were set for it at runtime; filters of the
option file, filters set at runtime for all channels, and the list of sources for a failover stay (seen on 9.7.4).

The rule, for a run that was killed at any instant:

- The channel is gone: the journal is right. There is nothing else.
- The channel is there: it is right, and the journal is of an earlier day. Either the run was killed before the RESET,
  and both say the same, or somebody made the channel anew, and has chosen its settings.
- The channel is there and the journal says ``giving_back``: its settings are right, for one statement gave them all,
  but the filters come with a second statement, and the delay may be held back until the replica has caught up. The
  delay is the journal's, and so are the filters that the channel does not have.
"""

import hashlib
from typing import Any, Dict, NamedTuple, Optional
from urllib.parse import quote

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import channel_settings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.channel_settings import DELAY, PASSWORD, Settings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replication_filter import Rules

LONGEST_NAME = 200  # bytes; a name of 64 characters may need 576 when it is quoted, and file systems take 255


class Kept(NamedTuple):
    """settings: with the password where it could be read. filters: those set at runtime for this channel.

    global_filters: those set at runtime for all; a server forgets them at its restart. giving_back: a run has begun to
    make the channel anew.
    """

    settings: Settings
    filters: Rules
    global_filters: Rules
    giving_back: bool = False

    def record(self) -> Dict[str, Any]:
        """For the journal."""
        return dict(self._asdict())

    def public(self) -> Dict[str, Any]:
        """For the user: without the password."""
        shown = channel_settings.public(self.settings)
        return dict(shown, filters=self.filters, global_filters=self.global_filters)


def read_record(record: Dict[str, Any]) -> Optional[Kept]:
    """What Kept.record() wrote; None for the empty record of a journal that is not there.

    Raises BadInput for the record of something else.
    """
    if record and sorted(record) != sorted(Kept._fields):
        raise BadInput("the journal of the channel holds something else: %s" % ", ".join(sorted(record)))
    return Kept(**record) if record else None


def journal_name(channel: str) -> str:
    """Name of the journal's file, of any channel; the server does not tell capitals in a channel's name."""
    name = quote(channel.lower(), safe="")
    if len(name) > LONGEST_NAME:
        name = "%s-%s" % (name[:100], hashlib.sha256(channel.lower().encode("utf-8")).hexdigest())
    return "channel-%s.json" % name


def settle(now: Optional[Kept], journaled: Optional[Kept]) -> Optional[Kept]:
    """What the channel is to be like, by the rule above; now is None when there is no channel."""
    if now is None:
        return journaled
    if journaled is None or not journaled.giving_back:
        return now
    settings = dict(now.settings)
    if PASSWORD in journaled.settings:
        settings.setdefault(PASSWORD, journaled.settings[PASSWORD])
    if DELAY in journaled.settings:
        settings[DELAY] = journaled.settings[DELAY]
    return Kept(
        settings,
        dict(journaled.filters, **now.filters),
        dict(journaled.global_filters, **now.global_filters),
        giving_back=True,
    )
