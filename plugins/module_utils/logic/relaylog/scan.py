# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The relay logs of one channel, judged: is there damage that the applier will meet, and what is whole before it? Pure.

    scan = Scan(names, position)
    for each file in the order of the index: walk = scan.open(name, size); walk.feed() ...; walk.end(); scan.close(walk)
    verdict = scan.verdict()

The applier's position decides what counts: it never looks at what lies before it.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.boundary import (
    FRAGMENT,
    IDLE,
    IDLE_GTID,
    LOST,
    UNSYNCED,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.contents import Carry, Note
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import FIRST_EVENT
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.gtids import Gtid, beyond, gtid_text
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import base_name, number_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.walk import Damage, Walk

CLEAN, UNCLEAN = "clean", "unclean_at_boundary"
DAMAGED, PARTIAL, LOST_TAIL, MISSING = "damaged", "unclean_partial_trx", "lost_tail", "missing_file"
ENCRYPTED, UNSUPPORTED, SUSPECT = "encrypted", "unsupported_event", "suspect"
APPLIED = "damaged_applied"


class Position(NamedTuple):
    """Where the applier goes on: number of the file in the index, and the offset in it."""

    file: int
    offset: int


class Boundary(NamedTuple):
    """A place where a log may end. gtid: of the last transaction before it; source_*: where that ended."""

    file: int
    offset: int
    gtid: Optional[str]
    source_file: Optional[str]
    source_pos: Optional[int]


class File(NamedTuple):
    """One listed file, read. after: what lies from the applier's position on, where that is behind the damage.

    known: GTIDs that the files before it hold or claim.
    """

    name: str
    size: Optional[int]
    walk: Optional[Walk]
    known: GtidSet
    after: Optional[Walk] = None


class Break(NamedTuple):
    """Where the log ends for an applier that comes from before it."""

    file: int
    offset: int
    verdict: str
    damage: Damage


class Verdict(NamedTuple):
    """status: the worst that counts. files: one dictionary a file, as the module returns them. broken: see Break.

    cut: the last boundary before that, None when there is none. applied: damage that the applier has behind it.
    """

    status: str
    files: List[Dict[str, Any]]
    broken: Optional[Break]
    cut: Optional[Boundary]
    applied: List[Break]
    mariadb: bool
    with_gtids: bool


class Scan:
    """See above. names: as the index has them."""

    def __init__(self, names: List[str], position: Optional[Position] = None) -> None:
        self.names = names
        self.position = position
        self.files: List[File] = []
        self._carry = Carry()
        self._known = GtidSet()

    def open(self, size: int) -> Walk:
        """The walk through the next file of the index."""
        position = self.position
        mine = position is not None and position.file == len(self.files)
        return Walk(size, self._carry, position.offset if position is not None and mine else None)

    def close(self, walk: Walk) -> Optional[Walk]:
        """The next file has been read; returns one more walk, from the applier's position on, where that is needed."""
        self.files.append(File(self.names[len(self.files)], walk.size, walk, self._known))
        if walk.found is not None:
            self._known = self._known | walk.found.gtids | (walk.contents.previous or GtidSet())
        self._carry = _behind(walk)
        position = self.position
        if position is None or walk.damage is None or walk.found is None or position.file != len(self.files) - 1:
            return None
        # A server reads the events that open a file before it goes to the position: these must be whole.
        whole = walk.contents.own is not None and walk.found.header_end < walk.damage.offset
        if not whole or not walk.damage.offset < position.offset <= walk.size:
            return None
        after = Walk.resumed(walk, position.offset)
        self.files[-1] = self.files[-1]._replace(after=after)
        return after

    def closed_again(self, after: Walk) -> None:
        self._carry = _behind(after)

    def missing(self) -> None:
        """The next file of the index is not there."""
        self.files.append(File(self.names[len(self.files)], None, None, self._known))
        self._carry = self._carry._replace(state=LOST, gtid=None)

    def verdict(self) -> Verdict:
        breaks = self._breaks()
        applied = [one for one in breaks if self._is_applied(one)]
        counted = [one for one in breaks if one not in applied]
        broken = counted[0] if counted else None
        walks = [walk for file in self.files for walk in (file.walk, file.after) if walk is not None]
        return Verdict(
            status=self._status(broken, applied, walks),
            files=[self._describe(number) for number in range(len(self.files))],
            broken=broken,
            cut=self._last_boundary(broken) if broken else None,
            applied=applied,
            mariadb=any(walk.contents.own is not None and walk.contents.own.mariadb for walk in walks),
            with_gtids=any(walk.contents.idle == IDLE_GTID for walk in walks),
        )

    def retrieved(self, cut: Optional[Boundary]) -> Optional[GtidSet]:
        """Retrieved_Gtid_Set as a server will find it in the files up to a boundary (None: in all of them).

        It goes back to the newest file with transactions, and adds up what this and later files hold and claim.
        """
        files = self.files if cut is None else self.files[: cut.file + 1]
        found = GtidSet()
        for file in reversed(files):
            if file.walk is None or file.walk.found is None:
                continue
            found = found | file.walk.found.gtids | (file.walk.contents.previous or GtidSet())
            if file.walk.found.gtids:
                break
        return found

    def beginning(self) -> Optional[Position]:
        """Where an applier may begin that knows no position: the oldest transaction that the logs hold from its start.

        The oldest file may go on with a transaction that began in one that is gone (5.6): rows without a GTID, which
        nothing keeps from being applied twice.
        """
        for number, file in enumerate(self.files):
            if file.walk is not None and file.walk.contents.begins_at is not None:
                return Position(number, file.walk.contents.begins_at)
        return None

    # -- what is broken --------------------------------------------------------------------------------------------

    def _breaks(self) -> List[Break]:
        """All there are, in the order of the log."""
        found: List[Break] = []
        for number, file in enumerate(self.files):
            lost = self._lost_before(number) or self._torn_before(number)
            if lost:
                found.append(lost)
            if file.walk is None:
                found.append(Break(number, 0, MISSING, Damage(0, "missing", None, "it is in the index, and not there")))
            found.extend(
                Break(number, walk.damage.offset, DAMAGED, walk.damage)
                for walk in (file.walk, file.after)
                if walk is not None and walk.damage is not None and walk.contents.encrypted is None
            )
        partial = self._partial()
        return found + ([partial] if partial else [])

    def _partial(self) -> Optional[Break]:
        """A transaction that the end of the last file cuts."""
        last = self.files[-1] if self.files else None
        walk = last and (last.after or last.walk)
        if not last or not walk or walk.damage or walk.found is None or walk.contents.encrypted is not None:
            return None
        carry = walk.found.carry
        if carry.state in (UNSYNCED, IDLE, IDLE_GTID, LOST):
            return None
        detail = "%s is not whole" % (gtid_text(carry.gtid) if carry.gtid else "the last transaction")
        return Break(len(self.files) - 1, walk.size, PARTIAL, Damage(walk.size, "partial", None, detail))

    def _lost_before(self, number: int) -> Optional[Break]:
        """Transactions that a file claims for those before it, and that they do not hold.

        This alone shows that a file lost its end exactly behind an event.
        """
        walk = self.files[number].walk
        before = self.files[number - 1].walk if number else None
        claimed = walk.contents.previous if walk else None
        if claimed is None or before is None or before.damage or before.found is None:
            return None
        under_way = _set_of(before.found.carry.gtid)
        known = self.files[number].known
        lost = beyond(claimed, under_way | known) if known else GtidSet()
        if not lost and under_way and under_way <= claimed and not self._ends(number, under_way):
            lost = under_way
        if not lost:
            return None
        detail = "%s claims %s, which are not here" % (self.files[number].name, lost)
        return Break(number - 1, before.size, LOST_TAIL, Damage(before.size, "lost_tail", None, detail))

    def _torn_before(self, number: int) -> Optional[Break]:
        """A transaction that goes on in a file, although the one before it lost its end, or is not the one before it.

        A server closes a file in the middle of a transaction by naming the next one (5.6, or FLUSH RELAY LOGS); after
        anything else a channel with GTIDs gets the transaction again from its beginning. No checksum shows it.
        """
        before = (self.files[number - 1].after or self.files[number - 1].walk) if number else None
        if before is None or before.found is None or before.damage is not None:
            return None
        gtid = before.found.carry.gtid
        if gtid is None or isinstance(gtid[0], str):
            return None  # between transactions, or without GTIDs, or MariaDB's: these go on where they were
        contents, name = before.contents, self.files[number].name
        if contents.closed == "rotated" and number_of(contents.next_file or "") == number_of(name):
            return None
        if not self._goes_on(number, gtid):
            return None
        end = "ends in the middle of %s" % gtid_text(gtid)
        named = "names %s next" % contents.next_file if contents.closed == "rotated" else "was not closed"
        detail = "%s %s and %s, but %s goes on with it" % (self.files[number - 1].name, end, named, name)
        return Break(number - 1, before.size, LOST_TAIL, Damage(before.size, "lost_tail", None, detail))

    def _goes_on(self, number: int, gtid: Gtid) -> bool:
        """Whether the first file from this one on that has more than headers goes on with a transaction."""
        for file in self.files[number:]:
            if file.walk is None or file.walk.found is None:
                return False
            opened = file.walk.found.header_end or FIRST_EVENT
            if gtid in file.walk.contents.abandoned:
                return file.walk.contents.abandoned[gtid] != opened  # right there, it is got again from its beginning
            if opened != _reach(file.walk):
                return True
        return False

    def _ends(self, number: int, gtid: GtidSet) -> bool:
        """Whether a transaction that is open before a file goes on in it, or is repeated, as far as can be read."""
        for file in self.files[number:]:
            if file.walk is None or file.walk.found is None or gtid <= file.walk.found.gtids:
                return True
            if gtid != _set_of(file.walk.found.carry.gtid):
                return False
            if file.walk.damage is not None:
                return True
        return True

    def _is_applied(self, one: Break) -> bool:
        position = self.position
        if position is None or one.verdict == PARTIAL:
            return False
        if one.file != position.file:
            return one.file < position.file
        file = self.files[one.file]
        return one.offset < position.offset and file.after is not None and one.damage is not file.after.damage

    # -- what is whole ---------------------------------------------------------------------------------------------

    def _last_boundary(self, broken: Break) -> Optional[Boundary]:
        """The last place before a break where the log may end."""
        for number in range(broken.file, -1, -1):
            file = self.files[number]
            for walk in (file.after, file.walk):
                offset = self._boundary_in(number, walk, broken)
                if offset is not None and walk is not None and walk.found is not None:
                    return self._boundary(number, offset, walk)
        return None

    def _boundary_in(self, number: int, walk: Optional[Walk], broken: Break) -> Optional[int]:
        if walk is None or walk.found is None or walk.contents.encrypted is not None:
            return None
        found = walk.found
        offset = found.boundary
        first = self.position.file if self.position else 0
        if offset is None and number == first and found.header_end == _reach(walk) and self._begins_whole(number, walk):
            offset = found.header_end
        if number == broken.file and offset is not None and offset > broken.offset:
            return None
        return offset or None

    def _begins_whole(self, number: int, walk: Walk) -> bool:
        """Whether the oldest file that counts may end behind its headers: what it claims is not lost with the rest."""
        contents = walk.contents
        if contents.own is None or walk.found is None:
            return False
        if self.position is not None and self.position.file == number:
            return self.position.offset <= walk.found.header_end
        return not contents.previous or not contents.own.claims_unfinished

    def _boundary(self, number: int, offset: int, walk: Walk) -> Boundary:
        """With the last transaction before it, which may be in an earlier file."""
        for earlier in range(number, -1, -1):
            seen = walk if earlier == number else self.files[earlier].walk
            if seen is None or seen.found is None:
                break
            if seen.found.transactions:
                found = seen.found
                gtid = gtid_text(found.last) if found.last else None
                return Boundary(number, offset, gtid, found.source_file, found.source_pos)
        return Boundary(number, offset, None, None, None)

    # -- words -----------------------------------------------------------------------------------------------------

    def _status(self, broken: Optional[Break], applied: List[Break], walks: List[Walk]) -> str:
        notes = {note.kind for walk in walks for note in walk.contents.notes}
        if broken:
            return broken.verdict
        if any(walk.contents.encrypted is not None for walk in walks):
            return ENCRYPTED
        if "unsupported" in notes:
            return UNSUPPORTED
        if applied:
            return APPLIED
        if self._carry.state in (LOST, FRAGMENT) or "suspect" in notes:
            return SUSPECT
        last = walks[-1] if walks else None
        return CLEAN if last is None or last.contents.closed else UNCLEAN

    def _describe(self, number: int) -> Dict[str, Any]:
        file = self.files[number]
        walk = file.walk
        told: Dict[str, Any] = dict(
            name=file.name,
            size=file.size,
            status=self._file_status(number),
            damage=None,
            boundary=None,
            last_gtid=None,
            transactions=0,
            transactions_behind=0,
            server_version=None,
            checksums=[],
            notes=[],
        )
        if walk is None or walk.found is None:
            return told
        if walk.damage is not None:
            told["damage"] = dict(walk.damage._asdict(), place="%s:%d" % (file.name, walk.damage.offset))
        notes: List[Note] = list(walk.contents.notes)
        following = self.names[number + 1] if number + 1 < len(self.names) else None
        if walk.contents.closed == "rotated" and following and base_name(following) != walk.contents.next_file:
            notes.append(Note(walk.contents.closed_at, "next_file", "it names %s next" % walk.contents.next_file))
        told.update(
            boundary=walk.found.boundary,
            last_gtid=gtid_text(walk.found.last) if walk.found.last else None,
            transactions=walk.found.transactions,
            transactions_behind=walk.behind,
            server_version=walk.contents.own.server_version if walk.contents.own else None,
            checksums=walk.contents.checksums,
            notes=[dict(note._asdict()) for note in notes],
        )
        return told

    def _file_status(self, number: int) -> str:
        """The verdict on one file alone."""
        walk = self.files[number].walk
        if walk is None or walk.found is None:
            return "missing"
        if walk.contents.encrypted is not None:
            return ENCRYPTED
        if walk.damage is not None:
            return "empty" if walk.damage.kind == "empty" else DAMAGED
        if number + 1 < len(self.files) and (self._lost_before(number + 1) or self._torn_before(number + 1)):
            return LOST_TAIL
        if walk.contents.closed:
            return "clean_" + walk.contents.closed
        state = walk.found.carry.state
        if state in (UNSYNCED, IDLE, IDLE_GTID):
            return UNCLEAN if walk.found.transactions else "header_only"
        if state == LOST:
            return SUSPECT
        return "unclean_continued" if number + 1 < len(self.files) else PARTIAL


def _behind(walk: Walk) -> Carry:
    """What the next file starts from: nothing is known after damage."""
    carry = walk.found.carry if walk.found else Carry()
    if walk.damage is not None or walk.contents.encrypted is not None:
        return carry._replace(state=LOST, gtid=None, idle=walk.contents.idle)
    return carry


def _reach(walk: Walk) -> int:
    return walk.size if walk.damage is None else walk.damage.offset


def _set_of(gtid: Optional[Gtid]) -> GtidSet:
    if gtid is None or isinstance(gtid[0], str):
        return GtidSet()
    return GtidSet.parse(gtid_text(gtid))
