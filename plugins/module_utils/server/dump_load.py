# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation of mysql_dump_load: what is seen, what is planned, and how each step is done."""

import contextlib
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.dump_given import look, open_given
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.load_journal import (
    LOADED,
    LOADING,
    LoadJournal,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.progress import Progress
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.room import is_here, room
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import (
    load_estimate,
    load_plan,
    load_resume,
    load_settings,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_whole import Whole
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_indexes import worth_it
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_sieve import Sieve, to_load
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import STOPPED
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import left_schema, observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load import (
    begin_session,
    disable_events,
    further_sessions,
    load,
    session_count,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_checkpoints import Checkpoints
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_resume import keep
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_settings import LoadSettings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation


class DumpLoad(ReplicaOperation):
    purpose = "mysql_dump_load"

    dump: load_plan.Dump
    size: Optional[int]
    cost: str

    def __init__(self, params: Dict[str, Any]) -> None:
        super().__init__(params)
        self.looked = False
        self.progress = Progress(params["state_dir"])
        self.journal = LoadJournal(params["state_dir"])
        self.settings = LoadSettings(self.server.login, params["state_dir"])
        self.workers = session_count(params["workers"])
        self.finished: List[load_resume.Finished] = []
        self.not_resumed: Optional[str] = None
        self.left: List[str] = []
        self.disabled: List[List[str]] = []
        self.result: Dict[str, Any] = {}

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        with super().exclusive(), contextlib.closing(self.progress):
            try:
                self._look(lambda size, total: self.progress.tell("look through the dump", size, total))
                yield
            except BaseException:
                # Where even that fails, what was wrong first is what has to be told; the next run has the journal.
                with contextlib.suppress(ReplicaError):
                    self.settings.restore()
                raise
            self.settings.restore()

    def _look(self, tell: Callable[[int, Optional[int]], None] = lambda _size, _total: None) -> None:
        told = look(self.params, tell)
        self.dump = load_plan.Dump.read(told)
        # Of a dump that is taken on the way only the definitions were looked at.
        self.size = told.get("uncompressed_size") if self.params["method"] == "file" else None
        self.cost = load_estimate.shown(told)
        self.looked = True

    def observe(self) -> load_plan.Observed:
        if not self.looked:  # in check mode
            self._look()
        return load_plan.Observed(
            address=self.server.login.address,
            server_uuid=observe.server_uuid(self.server),
            executed=observe.executed_gtids(self.server),
            schemas=observe.schemas(self.server),
            settings=self.server.variables(
                "super_read_only", "event_scheduler", "max_allowed_packet", "datadir", *load_settings.NAMES
            ),
            appliers=[channel.name for channel in observe.channels(self.server) if channel.applier != STOPPED],
            journal=self.journal.read(),
        )

    def assumed(self, seen: Any) -> Dict[str, Dict[str, Any]]:
        return {
            "quiet": dict(settings=dict(seen.settings, super_read_only="OFF", event_scheduler="OFF")),
            "channel_removed": dict(appliers=[]),
            "gtids_reset": dict(executed=GtidSet()),
        }

    def plan(self, seen: load_plan.Observed) -> Plan:
        faster = load_settings.changes(seen.settings, self._free(seen)) if self.params["speedups"] else []
        run = seen.journal, self.dump.fingerprint, seen.server_uuid, self.params["exclude_tables"]
        if self.workers > 1:
            self.finished, self.not_resumed = load_resume.finished(*run), load_resume.why_not(*run)
        refused = None
        if not self.params["resume"]:
            if self.finished:
                self.finished, self.not_resumed = [], "it is not to be taken up (resume=false)"
        elif self.params["method"] == "file" and not self.params["start_over"]:
            refused = self.not_resumed
        drop = self.params["drop_schemas"]
        plan = load_plan.plan(seen, self.dump, drop, faster, len(self.finished), self.not_resumed, self.cost)
        if refused and plan.needed:
            raise load_plan.another_load(refused, self.journal.path)
        return plan

    def _free(self, seen: load_plan.Observed) -> Optional[int]:
        here = is_here(self.params["login_host"], self.params["login_unix_socket"], None)
        return (room(seen.settings.get("datadir")) or {}).get("free") if here else None

    def describe(self, seen: load_plan.Observed) -> Dict[str, Any]:
        return seen.describe()

    def _note(self, phase: str, finished: Iterable[load_resume.Finished] = ()) -> None:
        uuid = observe.server_uuid(self.server)
        self.journal.note(phase, self.dump, uuid, finished, self.params["exclude_tables"], self.disabled)

    def do_resume(self, step: Step) -> None:
        self.progress.tell("count what is finished")
        self.finished = keep(self.server, (step.data or {})["schemas"], self.finished)

    def do_drop_schema(self, step: Step) -> None:
        self._note(LOADING, self.finished)
        self.left += left_schema.drop(self.server, (step.data or {})["schema"], self.params["backup_dir"])

    def do_speed_up(self, step: Step) -> None:
        self.settings.change(self.server, (step.data or {})["name"], (step.data or {})["value"])

    def do_settle(self, _step: Step) -> None:
        self.settings.restore()

    def do_load(self, _step: Step) -> None:
        self._note(LOADING, self.finished)
        self.left += left_schema.clear(self.server, self.dump.databases, self.params["backup_dir"])
        self._tell("load", 0, 0)
        whole = Whole(self.dump.path)
        with open_given(self.params, self.dump.fingerprint) as dump:
            tally = load(
                self.server,
                dump.parts(),
                whole,
                new_sieve=lambda: Sieve(self.params["exclude_tables"]),
                begin_session=lambda: begin_session(self.server, self.lock),
                progress=self._tell,
                pool=further_sessions(self.server.login, self.lock, self.workers, self.params["workers"]),
                checkpoints=Checkpoints(lambda finished: self._note(LOADING, finished), self.finished),
                may_wait=worth_it(self.dump.tables) if self.params["defer_indexes"] else lambda _table: False,
            )
        self.result = dict(tally.public(), left_directories=self.left)
        # A dump that was taken on the way is a later one than that which was looked at.
        loaded = whole.result()
        self.dump = self.dump._replace(gtid_purged=loaded["gtid_purged"], databases=loaded["databases"])

    def _tell(self, phase: str, size: int, tables: int) -> None:
        known = to_load(self.dump.tables, self.params["exclude_tables"])
        note = "%d of %d tables" % (min(tables, known), known) if known else "%d tables" % tables
        self.progress.tell(phase, size, self.size if phase == "load" else None, note=note)

    def do_disable_events(self, _step: Step) -> None:
        self.disabled = disable_events(self.server.login, self.dump.databases)
        self.result["events_disabled"] = len(self.disabled)

    def do_make_durable(self, step: Step) -> None:
        self.server.execute(step.display)
        self._note(LOADED)

    def report(self, before: load_plan.Observed, _after: Any, plan: Plan) -> Dict[str, Any]:
        gtids = self.dump.gtid_purged if plan.needed else before.journal["gtid_purged"]
        return dict(self.result, gtid_purged=gtids, resumed=bool(self.finished), not_resumed=self.not_resumed)
