# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation of mysql_salvage_replay: what mysqlbinlog makes of the logs, run in one session, with its GTIDs."""

import contextlib
import os
import re
import shutil
from typing import Any, Dict, Iterator, List

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import (
    BadInput,
    Interrupted,
    Refused,
    ReplicaError,
    ServerError,
)
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import binlog_stream
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.binary_logs import Kept
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal, private_directory
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.load_journal import LoadJournal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.progress import Progress
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.gtid import GtidSet
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.plan import Plan, Step
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage import replay
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.salvage.binary_logs import Reach
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import claim, observe
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Server
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load import PATIENT, alter_event, events_of
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.load_settings import LoadSettings
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.operation import ReplicaOperation

JOURNAL = "replay.json"
_AWAKE = ("ENABLED", "DISABLED")  # all else is how replication leaves an event on a replica
_OF_A_FILE = re.compile(rb"LOAD DATA LOCAL INFILE '([^']+)'")
_FILES = "loaded"  # directory below that of the logs, while they are replayed


class SalvageReplay(ReplicaOperation):
    purpose = "mysql_salvage_replay"

    def __init__(self, params: Dict[str, Any]) -> None:
        self.kept = Kept(params["path"])
        self.record = self.kept.record.read()
        if not self.record or not self.kept.whole(self.record["reach"]["names"]):
            raise BadInput(
                "no binary logs were kept there",
                where=self.kept.directory,
                untouched="the server",
                next_step="run mysql_salvage_logs with the same path first, while the dead instance is in its place",
            )
        self.reach = Reach(**self.record["reach"])
        self.journal = Journal(os.path.join(params["path"], JOURNAL))
        self.load = LoadJournal(params["state_dir"])
        self.progress = Progress(params["state_dir"])
        self.files = os.path.join(self.kept.directory, _FILES)
        self.statements = 0
        super().__init__(params)
        self.settings = LoadSettings(self.server.login, params["state_dir"])

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        with super().exclusive(), contextlib.closing(self.progress):
            try:
                yield
            finally:
                self.settings.restore()
                shutil.rmtree(self.files, ignore_errors=True)

    def observe(self) -> replay.Observed:
        load, uuid = self.load.read(), observe.server_uuid(self.server)
        return replay.Observed(
            address=self.server.login.address,
            server_uuid=uuid,
            reach=self.reach,
            executed=observe.executed_gtids(self.server),
            journal=self.journal.read(),
            load=load,
            settings=self.server.variables("event_scheduler", "super_read_only", "max_allowed_packet"),
            asleep=self._asleep(load) if load.get("server_uuid") == uuid else [],
        )

    def _asleep(self, load: Dict[str, Any]) -> List[List[str]]:
        wanted = [list(name) for name in load.get("disabled_events", [])]
        found = []
        for schema in sorted({schema for schema, _name in wanted}):
            events = events_of(self.server, schema)
            found += [[schema, event["name"]] for event in events if event["status"] not in _AWAKE]
        return [name for name in found if name in wanted]

    def plan(self, seen: replay.Observed) -> Plan:
        return replay.plan(seen, self.record["fingerprint"])

    def describe(self, seen: replay.Observed) -> Dict[str, Any]:
        return seen.describe()

    def do_replay(self, _step: Step) -> None:
        uuid = observe.server_uuid(self.server)
        packet = int(self.server.variables("max_allowed_packet")["max_allowed_packet"])
        executed = "" if self.reach.gtids is None else str(observe.executed_gtids(self.server))
        major, minor, patch = self.server.dialect.version
        version = major * 10000 + minor * 100 + patch
        options = binlog_stream.Options(self.params["mysqlbinlog"], self.reach.begin, executed, version, self.files)
        private_directory(self.files)
        self.journal.write(dict(phase=replay.BEGUN, server_uuid=uuid))
        with Server(self.server.login, local_data=True) as session, binlog_stream.stream(
            self.kept.files(self.reach.names), options
        ) as statements:
            session.execute(PATIENT)
            claim.enlist(session, self.lock, 0)
            for place, text in statements:
                self._run(session, place, text, packet)
        self.journal.write(dict(phase=replay.DONE, server_uuid=uuid))
        self._is_all_there()

    def _run(self, session: Server, place: binlog_stream.Place, text: bytes, packet: int) -> None:
        where = "%s:%d" % (self.reach.names[max(place.file, 0)], place.offset)
        whose = "transaction %s" % (place.gtid or "without a GTID")
        if len(text) >= packet:
            raise Refused(
                "%s has a statement of %d bytes, max_allowed_packet is %d" % (whose, len(text), packet),
                where=where,
                untouched="this transaction and those behind it",
                next_step="SET GLOBAL max_allowed_packet to more than that, then run the same command again",
            )
        try:
            loaded = _OF_A_FILE.match(text)
            if loaded:
                self._load(session, text, loaded.group(1))
            else:
                session.send(text)
        except ServerError as exc:
            raise ServerError(
                "%s, in %s" % (exc.found, whose),
                errno=exc.errno,
                where=where,
                untouched="this transaction and those behind it",
                next_step="put the cause right; the same command goes on with this transaction",
            ) from None
        self.statements += 1
        self.progress.tell("replay", self.statements, unit="statements", note=place.gtid or where)

    def _load(self, session: Server, text: bytes, name: bytes) -> None:
        """What LOAD DATA had read, in the format STATEMENT; mysqlbinlog has put it into a file of ours."""
        path = os.path.join(self.files, os.path.basename(os.fsdecode(name)))
        self.settings.change(self.server, "local_infile", "ON")
        try:
            with open(path, "rb") as source:
                rows = source.read()
            os.unlink(path)
        except OSError as exc:
            raise ReplicaError("what LOAD DATA had read is not there: %s" % exc, where=path) from None
        session.send_data(text, rows)

    def _is_all_there(self) -> None:
        executed = observe.executed_gtids(self.server)
        wanted = GtidSet.parse(self.reach.gtids or "")
        if self.reach.gtids is not None and executed != wanted:
            raise Interrupted(
                "the new instance has executed %s, and %s was expected" % (executed, wanted),
                where=self.server.login.address,
                next_step="begin again with a new instance, and let nobody else write to it",
            )

    def do_make_durable(self, step: Step) -> None:
        self.server.execute(step.display)

    def do_enable_events(self, _step: Step) -> None:
        for schema, name in self._asleep(self.load.read()):
            for event in events_of(self.server, schema):
                if event["name"] == name:
                    alter_event(self.server, schema, event, "ENABLE")

    def report(self, _before: replay.Observed, after: replay.Observed, _plan: Plan) -> Dict[str, Any]:
        return dict(gtid_executed=str(after.executed), transactions=self.reach.transactions, statements=self.statements)
