# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done about the relay logs of a channel, and what must not be. Pure.

The order of the steps is what makes a kill at any instant harmless: later files leave the index before the cut, since
their Previous_gtids claim what the cut takes away, and a server would never ask for that again.
"""

from typing import Any, Dict, List, NamedTuple, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import Refused
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.format import FIRST_EVENT
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.index import (
    Finding,
    base_name,
    number_of,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.relaylog.scan import (
    MISSING,
    UNSUPPORTED,
    Boundary,
    Position,
    Verdict,
)

NOTHING = "the relay logs and their index"
_WITHOUT_GTIDS = (
    "start the server with relay_log_recovery=ON if the source still has everything; or cut with force=true, let the"
    " applier alone come to the end, and point the channel at the source's coordinates it has reached"
)
_ASK_POSITION = (
    "start the server with skip-replica-start and relay_log_recovery=0, take Relay_log_name and Relay_log_pos from"
    " mysql.slave_relay_log_info, stop it and give them as applier_position"
)


class Wish(NamedTuple):
    """What the operator wants, knows and takes on. auto_position: None when nobody knows."""

    strategy: str
    auto_position: Optional[bool]
    force: bool
    backup_dir: Optional[str]


class Observed(NamedTuple):
    """The logs as they lie there.

    names, paths, sizes (None: not there): of the listed files. listed: the text of the index as it is, None when there
    is none. strays: paths of logs that are not listed. unlisted: path of the log that the applier is to go on in, where
    there is none. crash_safe: a new index that a server did not come to put in place, or left over: it writes the next
    one over that, and where the old one is longer, its end lists again what was taken out (5.6.24). unfinished: the
    change that an earlier run has begun, {} when there is none. retrieved: GTID set of all that is whole.
    """

    index_path: str
    listed: Optional[str]
    crash_safe: Optional[str]
    findings: List[Finding]
    names: List[str]
    paths: List[str]
    sizes: List[Optional[int]]
    strays: List[str]
    unlisted: Optional[str]
    position: Optional[Position]
    verdict: Verdict
    retrieved: str
    unfinished: Dict[str, Any]

    def describe(self) -> Dict[str, Any]:
        return {"index": self.listed, "sizes": dict(zip(self.names, self.sizes))}


class Change(NamedTuple):
    """All that will be different, JSON-able; a run that is killed leaves it to the next one.

    cuts: [path, size] of files that lose their end; 4 leaves an empty log. moves: paths of files that go. new: path of
    an empty log that comes. index_was, index_text: before and after. left: sizes of the logs that are listed then.
    """

    index_path: str
    index_was: Optional[str]
    index_text: str
    crash_safe: Optional[str]
    cuts: List[List[Any]]
    moves: List[str]
    new: Optional[str]
    left: Dict[str, int]


def plan(seen: Observed, wish: Wish) -> Plan:
    """Steps from what is seen to logs that a server reads to their end. Raises Refused."""
    before = seen.describe()
    if seen.unfinished:
        change = Change(**{name: seen.unfinished[name] for name in Change._fields})
        return Plan(_steps(change, "an earlier run has begun this"), before, _after(change))
    change = _discard(seen, wish) if wish.strategy == "discard" else _truncate(seen, wish)
    if change.index_text == seen.listed and not change.cuts and not change.moves and not change.new:
        return Plan([], before, before)
    if wish.backup_dir is None:
        raise Refused(
            "there is no directory to keep what is taken away",
            where=seen.index_path,
            untouched=NOTHING,
            next_step="give backup_dir",
        )
    reason = seen.verdict.broken.damage.detail if seen.verdict.broken else "the index is not as it should be"
    if wish.strategy == "discard":
        reason = "all of it is to be fetched again"
    return Plan(_steps(change, reason), before, _after(change))


def relation(position: Optional[Position], cut: Optional[Boundary]) -> Optional[str]:
    """Where the applier's position is with respect to a cut."""
    if cut is None:
        return None
    if position is None:
        return "unknown"
    here, there = tuple(position), (cut.file, cut.offset)
    return "at" if here == there else "before" if here < there else "behind"


def _truncate(seen: Observed, wish: Wish) -> Change:
    broken, cut = seen.verdict.broken, seen.verdict.cut
    keep = [number for number, size in enumerate(seen.sizes) if size is not None or broken]
    cuts: List[List[Any]] = []
    moves: List[str] = []
    if broken is not None:
        _guard(seen, wish)
    if cut is not None:
        reduced = _reduced(seen, cut)
        keep = [number for number in keep if number <= cut.file or number in reduced]
        keep = [number for number in keep if seen.sizes[number] is not None]
        if cut.offset != seen.sizes[cut.file]:
            cuts.append([seen.paths[cut.file], cut.offset])
        damaged = [number for number in reduced if seen.sizes[number] != FIRST_EVENT or broken]
        cuts += [[seen.paths[number], FIRST_EVENT] for number in damaged]
        gone = range(cut.file + 1, len(seen.names))
        moves = [seen.paths[number] for number in gone if number not in reduced and seen.sizes[number] is not None]
    names = [seen.names[number] for number in keep]
    new = seen.unlisted if seen.names and wish.auto_position else None
    if new is not None:
        names = _in_order(names, _spelt_like(seen.names[0], new))
    text = "".join(name + "\n" for name in names)
    left = {seen.paths[number]: size for number, size in enumerate(seen.sizes) if number in keep and size is not None}
    left.update(dict(cuts))
    if new is not None:
        left[new] = FIRST_EVENT
    return Change(seen.index_path, seen.listed, text, seen.crash_safe, cuts, moves, new, left)


def _spelt_like(listed: str, path: str) -> str:
    """An entry for the index, as the server writes them."""
    return listed[: len(listed) - len(base_name(listed))] + base_name(path)


def _in_order(names: List[str], entry: str) -> List[str]:
    """A server wants the log of its applier in the index, whatever is in it: a CHANGE ends 5.6 without."""
    return sorted([*names, entry], key=lambda name: number_of(name) or 0)


def begin(seen: Observed, mixed: bool) -> str:
    """How an applier gets through the logs: from its ``position``, or from the ``first`` on.

    mixed: logs with checksums and without. 5.6 reads a log by its first description when it begins in the middle, and
    then calls one damaged that is whole, or takes a checksum for the end of a statement (seen on 5.6.24).
    """
    return "first" if seen.unlisted or mixed else "position"


def _discard(seen: Observed, wish: Wish) -> Change:
    if not wish.auto_position and not wish.force:
        raise Refused(
            "without GTID auto-position nobody would ask for all of it again",
            where=seen.index_path,
            untouched=NOTHING,
            next_step="say auto_position=true where the channel uses it; force=true discards all the same",
        )
    moves = [path for path, size in zip(seen.paths, seen.sizes) if size is not None] + seen.strays
    return Change(seen.index_path, seen.listed, "", seen.crash_safe, [], moves, None, {})


def _reduced(seen: Observed, cut: Boundary) -> List[int]:
    """Files behind the cut that stay as empty logs: a server whose applier stands in a file wants it in the index."""
    broken, last = seen.verdict.broken, len(seen.names) - 1
    if seen.position is not None:
        needed = seen.position.file
    else:
        needed = last if broken is not None and broken.file == last else 0
    return [needed] if needed > cut.file and seen.sizes[needed] is not None else []


def _guard(seen: Observed, wish: Wish) -> None:
    """Raise Refused where a cut would lose what cannot be fetched again, or would not help."""
    verdict, broken = seen.verdict, seen.verdict.broken
    if broken is None:
        return
    where = "%s:%d" % (seen.paths[broken.file], broken.offset)
    what = "%s: %s" % (broken.damage.kind, broken.damage.detail)
    facts = dict(verdict=verdict.status, files=verdict.files)

    def refuse(why: str, next_step: str, needs: Optional[str] = None) -> None:
        raise Refused("%s; %s" % (what, why), where=where, untouched=NOTHING, next_step=next_step, needs=needs, **facts)

    if verdict.cut is None:
        refuse(
            "no transaction before it is whole, so there is no place to cut at",
            "strategy=discard if the source still has everything, else rebuild the replica",
            "other_way",
        )
    if wish.force:
        return
    if verdict.mariadb and wish.auto_position:
        refuse(
            "a MariaDB replica that uses GTIDs needs no repair",
            "START SLAVE: it deletes its relay logs and fetches them again; force=true to keep what is whole",
        )
    if not wish.auto_position:
        known = "without GTID auto-position" if wish.auto_position is False else "it is not known to use auto-position"
        refuse("%s, what is cut off is never fetched again" % known, _WITHOUT_GTIDS)
    if any(note["kind"] == "unsupported" for file in verdict.files for note in file["notes"]):
        refuse("the log also holds events of an unknown kind (%s)" % UNSUPPORTED, "force=true cuts all the same")
    if seen.position is None and broken.file < len(seen.names) - 1:
        why = "there are later files, and nobody knows whether the applier is past the damage"
        refuse(why, _ASK_POSITION, "applier_position")
    if broken.verdict == MISSING and seen.position is not None and seen.position.file == broken.file:
        refuse(
            "it is the file that the applier is to go on in",
            "strategy=discard if the source still has everything; force=true keeps what the files before it hold",
            "other_way",
        )


def _steps(change: Change, reason: str) -> List[Step]:
    data = change._asdict()
    names = [path for path, _size in change.cuts]
    steps = [
        Step(
            "set_aside",
            change.index_path,
            "hard-link %s to the quarantine" % ", ".join(base_name(path) for path in [change.index_path, *names]),
            reason,
            dict(data),
        )
    ]
    steps += [
        Step("prepare", path, "copy its first %d bytes to %s.cut" % (size, path), reason, {"path": path, "size": size})
        for path, size in change.cuts
    ]
    if change.new:
        why = "the applier's position names it, and a server wants to find it"
        steps.append(
            Step("make_log", change.new, "make an empty log %s" % change.new, why, {"text": change.index_text})
        )
    if change.index_text != change.index_was or change.crash_safe:
        steps.append(
            Step(
                "write_index",
                change.index_path,
                "list %d files" % change.index_text.count("\n"),
                "a file behind the cut claims what the cut takes away" if change.moves else reason,
                {"text": change.index_text, "crash_safe": change.crash_safe},
            )
        )
    steps += [
        Step("cut", path, "cut %s to %d bytes" % (base_name(path), size), reason, {"path": path, "size": size})
        for path, size in change.cuts
    ]
    steps += [
        Step("take_out", path, "move %s to the quarantine" % base_name(path), "it lies behind the cut", {"path": path})
        for path in change.moves
    ]
    steps.append(
        Step("seal", change.index_path, "note the checksums of what was set aside", "so that it can come back")
    )
    return steps


def _after(change: Change) -> Dict[str, Any]:
    sizes = {base_name(path): size for path, size in change.cuts}
    return {"index": change.index_text, "cut_to": sizes, "removed": [base_name(path) for path in change.moves]}
