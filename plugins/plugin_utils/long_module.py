# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module that may take hours, and says on the controller how far it is.

The module is started async on the target, where it writes what it does into one file (module_utils/host/progress.py),
and the file is read now and then. So the module does not hang on the connection: when that breaks, or the controller is
killed, the module goes on, and the lock of the target keeps the next run out until it has ended.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.vars import merge_hash

from ansible_collections.dbre.mysql_replica.plugins.plugin_utils.progress_line import is_due, line

T = TypeVar("T")

STATE_DIR = "/var/lib/dbre_mysql_replica"
FILE = "progress.json"
#: Seconds after which Ansible ends the module: never, as far as we are concerned.
LIMIT = 60 * 86400
#: Seconds between two looks, at first and at last. A look is one `cat`.
FIRST, LAST = 0.05, 5.0
_SLOWER = 1.4
#: Seconds without a connection, after which the controller gives up; the module does not.
PATIENCE = 900.0
# Output that is read by programs: lines of ours would be in their way.
_IS_READ_BY_PROGRAMS = constants.DEFAULT_STDOUT_CALLBACK.rpartition(".")[2] in ("json", "jsonl", "tree")
_OF_ASYNC = (
    "ansible_job_id",
    "results_file",
    "started",
    "finished",
    "stdout",
    "stdout_lines",
    "stderr",
    "stderr_lines",
)


class LongModule(ActionBase):  # type: ignore[misc]
    """Base of the action plugins of modules that report their progress; the module has the same name."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        if self._task.async_val:  # whoever wrote the task looks after it
            return dict(merge_hash(result, self._execute_module(task_vars=task_vars, wrap_async=True)))
        host = str((task_vars or {}).get("inventory_hostname", ""))
        if self._task.check_mode or self.is_short(self._task.args):
            result = merge_hash(result, self._execute_module(task_vars=task_vars))
        else:
            result = merge_hash(result, self._watched(host, task_vars or {}))
        self._remove_tmp_path(self._connection._shell.tmpdir)
        last = None if result.get("failed") else self.last_line(result)
        if last:
            self._say(f"{host}: {last}")
        return result

    def is_short(self, arguments: dict[str, Any]) -> bool:  # noqa: ARG002 - for those who know more
        """Whether the module will have ended before anybody wants to know how far it is."""
        return False

    def last_line(self, result: dict[str, Any]) -> str | None:  # noqa: ARG002 - for those who know more
        """What is said when all went well; None where nothing is to be said."""
        return None

    def _say(self, text: str) -> None:
        self._display.display(text, stderr=_IS_READ_BY_PROGRAMS)

    def _watched(self, host: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        shell = self._connection._shell
        progress = shell.join_path(self._remote_expand_user(self._task.args.get("state_dir") or STATE_DIR), FILE)
        stale = self._read(progress)[0].get("run")
        job = self._start(task_vars)
        if "results_file" not in job:
            return job
        self._wait(job["results_file"], progress, stale, host)
        result: dict[str, Any] = {}
        while not (result.get("finished") or result.get("failed")):
            if result:
                time.sleep(FIRST)
            result = self._patiently(lambda: self._status(job["ansible_job_id"], task_vars))
        # As async_status would with mode=cleanup, without another module on its way for it.
        with suppress(AnsibleConnectionFailure):
            self._low_level_execute_command("rm -f " + shell.quote(job["results_file"]))
        return {name: value for name, value in result.items() if name not in _OF_ASYNC}

    def _start(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        self._task.async_val = LIMIT
        try:
            job: dict[str, Any] = self._execute_module(task_vars=task_vars, wrap_async=True)
        finally:
            self._task.async_val = 0
        return job

    def _wait(self, results: str, progress: str, stale: str | None, host: str) -> None:
        """Until the module has ended, with a line now and then."""
        began, told, interval = time.monotonic(), 0.0, FIRST
        while True:
            time.sleep(interval)
            interval = min(interval * _SLOWER, LAST)
            job, seen = self._patiently(lambda: self._read(results, progress))
            if not (job.get("started") and not job.get("finished")):
                return
            elapsed = time.monotonic() - began
            if seen and seen.get("run") != stale and is_due(elapsed, elapsed - told):
                told = elapsed
                self._say(line(host, seen))

    def _patiently(self, look: Callable[[], T]) -> T:
        """What a look at the target gives, as soon as there is a connection again."""
        lost = time.monotonic() + PATIENCE
        while True:
            try:
                return look()
            except AnsibleConnectionFailure:  # noqa: PERF203 - it waits for seconds, each time
                if time.monotonic() > lost:
                    raise
                self._display.warning("the connection is lost; the module goes on, and so does this look for it")
                time.sleep(LAST)

    def _read(self, *paths: str) -> list[dict[str, Any]]:
        """The records in files of the target; {} for one that is not there, or not whole."""
        quoted = " ".join(self._connection._shell.quote(path) for path in paths)
        command = f"for f in {quoted}; do cat $f 2>/dev/null | tr -d '\\n'; echo; done"
        lines = self._low_level_execute_command(command).get("stdout", "").splitlines()
        # Something may greet whoever logs in.
        return [_record(text) for text in lines[-len(paths) :]] + [{}] * (len(paths) - len(lines))

    def _status(self, job: str, task_vars: dict[str, Any]) -> dict[str, Any]:
        """What Ansible's own async_status says of the module."""
        task = self._task.copy()
        task.args = {"jid": job, "mode": "status"}
        action = self._shared_loader_obj.action_loader.get(
            "ansible.legacy.async_status",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        result: dict[str, Any] = action.run(task_vars=task_vars)
        return result


def _record(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
