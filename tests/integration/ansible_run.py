# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs modules and playbooks as a user does: with ansible-playbook and the sandbox's inventory.

quiet, again = run_tasks(box, task("mysql_replica_quiet", state="quiet", **STATE), ...).results
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import yaml

from gates.supervise import descendants
from sandbox.accounts import ACCOUNTS
from sandbox.topology import Sandbox

ROOT = Path(__file__).resolve().parents[2]
REBUILD = ROOT / "playbooks/rebuild_replica.yml"
TIMEOUT = 300.0  # seconds


class Template(str):
    """Text that Ansible fills in. All other text of a task reaches the module as it stands."""


class Task(NamedTuple):
    """One call of a module of the collection."""

    module: str
    options: dict[str, Any]
    check: bool


def task(module: str, *, check: bool = False, **options: Any) -> Task:
    return Task(module, options, check)


LOGIN = {
    "login_user": Template("{{ mysql_replica_login_user }}"),
    "login_password": Template("{{ mysql_replica_login_password }}"),
    "login_unix_socket": Template("{{ mysql_replica_login_unix_socket }}"),
}
SOURCE = {
    "source_host": Template("{{ mysql_replica_source_host }}"),
    "source_port": Template("{{ mysql_replica_source_port }}"),
    "source_user": Template("{{ mysql_replica_source_admin_user }}"),
    "source_password": Template("{{ mysql_replica_source_admin_password }}"),
}
CHANNEL = SOURCE | {
    "source_user": Template("{{ mysql_replica_source_user }}"),
    "source_password": Template("{{ mysql_replica_source_password }}"),
    "get_source_public_key": Template("{{ mysql_replica_get_source_public_key }}"),
}
STATE = {"state_dir": Template("{{ mysql_replica_state_dir }}")}
BACKUP = {"backup_dir": Template("{{ mysql_replica_backup_dir }}")}


class Outcome(NamedTuple):
    """What a run of ansible-playbook left. `results`: what each task returned, with `failed`; [] for a playbook."""

    returncode: int
    output: str
    results: list[dict[str, Any]]

    @property
    def changed(self) -> int:
        """The sum of the recap."""
        return sum(int(number) for number in re.findall(r"\bchanged=(\d+)", self.output))


class AnsibleRun:
    """A run of ansible-playbook that is under way; its processes end with the block, whatever happens in it."""

    def __init__(self, box: Sandbox, playbook: Path, *arguments: str) -> None:
        # killed, it leaves its temporary files: they go with this directory
        self._home = tempfile.TemporaryDirectory(prefix="dbre-ansible-")
        self._output = (Path(self._home.name) / "output").open("wb")
        self._process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                f"--inventory={box.inventory}",
                *arguments,
                str(playbook),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=os.environ
            | {
                "ANSIBLE_HOME": self._home.name,
                "ANSIBLE_REMOTE_TMP": f"{self._home.name}/remote",
                "ANSIBLE_ASYNC_DIR": f"{self._home.name}/async",
                "TMPDIR": self._home.name,
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"),
                "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
                "ANSIBLE_FORCE_COLOR": "0",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_LOCALHOST_WARNING": "0",
                "ANSIBLE_SHOW_CUSTOM_STATS": "1",
            },
            start_new_session=True,
        )

    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def output(self) -> str:
        return Path(self._output.name).read_text(errors="replace")

    @property
    def pid(self) -> int:
        return self._process.pid

    def detached(self) -> list[int]:
        """What runs async: it is nobody's child, but it comes from our temporary files."""
        mine = os.fsencode(self._home.name)
        return [pid for pid, command in running() if mine in command]

    def kill_alone(self) -> None:
        """SIGKILL to ansible-playbook itself: what it has at work goes on, as when a connection breaks."""
        self._process.kill()
        self._process.wait()

    def kill(self) -> None:
        """SIGKILL to ansible-playbook, its workers and the module, all at the same instant as far as one can."""
        family = [self._process.pid, *descendants(self._process.pid)] if self.is_running() else []
        family += self.detached()
        for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first, so that nobody notices the others' end
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        self._process.wait()

    def wait(self) -> Outcome:
        """Its outcome, when it has ended by itself; TimeoutError with what it said until then otherwise."""
        try:
            return Outcome(self._process.wait(TIMEOUT), self.output, [])
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"still at work after {TIMEOUT:.0f} s:\n{self.output}") from None

    def __enter__(self) -> AnsibleRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._output.close()
        self._home.cleanup()


def running() -> Iterator[tuple[int, bytes]]:
    """Pid and command line of every process."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield int(path.parent.name), path.read_bytes()


@contextmanager
def tasks_under_way(box: Sandbox, *tasks: Task, host: str = "replica1") -> Iterator[AnsibleRun]:
    """The tasks, running; for what is done to them meanwhile."""
    with tempfile.TemporaryDirectory(prefix="dbre-play-") as directory:
        playbook = Path(directory) / "play.yml"
        playbook.write_text(render(tasks, host, Path(directory) / "results.json"))
        with AnsibleRun(box, playbook) as run:
            yield run


def run_tasks(box: Sandbox, *tasks: Task, host: str = "replica1", arguments: tuple[str, ...] = ()) -> Outcome:
    """Run every task, also after one that failed, and return what each returned."""
    with tempfile.TemporaryDirectory(prefix="dbre-play-") as directory:
        playbook, results = Path(directory) / "play.yml", Path(directory) / "results.json"
        playbook.write_text(render(tasks, host, results))
        with AnsibleRun(box, playbook, *arguments) as run:
            outcome = run.wait()
        assert not outcome.returncode, outcome.output
        return outcome._replace(results=json.loads(results.read_text()))


def run_task(box: Sandbox, module: str, *, host: str = "replica1", check: bool = False, **options: Any) -> Any:
    """Run one task and return what it returned."""
    return run_tasks(box, task(module, check=check, **options), host=host).results[0]


def rebuild_under_way(box: Sandbox, *arguments: str, **variables: Any) -> AnsibleRun:
    """The playbook of the main job; variables without their prefix mysql_replica_."""
    named = {f"mysql_replica_{name}": value for name, value in variables.items()}
    return AnsibleRun(box, REBUILD, "--extra-vars", json.dumps(named), *arguments)


def rebuild(box: Sandbox, *arguments: str, **variables: Any) -> Outcome:
    with rebuild_under_way(box, *arguments, **variables) as run:
        return run.wait()


@contextmanager
def command_lines() -> Iterator[list[str]]:
    """Every command line (with its environment's visible part, none) of any process that is seen inside the block."""
    seen: set[bytes] = set()
    found: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.005):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(path.read_bytes())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()
        found += (line.replace(b"\0", b" ").decode(errors="replace") for line in seen)


def secrets_in(text: str, *more: str) -> list[str]:
    """Passwords of the sandbox (and `more`) that a text holds, however quotes and backslashes may be written there."""
    passwords = [account.password for account in ACCOUNTS] + list(more)
    return [password for password in passwords if max(re.split(r"""['"\\]""", password), key=len) in text]


def render(tasks: tuple[Task, ...], host: str, results: Path) -> str:
    """The text of a playbook that runs the tasks, and then writes down what they returned."""
    names = [f"result_{number}" for number in range(len(tasks))]
    play = {
        "hosts": host,
        "gather_facts": False,
        "module_defaults": {"group/dbre.mysql_replica.all": LOGIN},
        "tasks": [
            *(
                {
                    f"dbre.mysql_replica.{one.module}": one.options,
                    "register": name,
                    "ignore_errors": True,
                    **({"check_mode": True} if one.check else {}),
                }
                for one, name in zip(tasks, names, strict=True)
            ),
            {
                "ansible.builtin.copy": {
                    "content": Template("{{ [%s] | to_json }}" % ", ".join(names)),
                    "dest": str(results),
                    "mode": "0600",
                },
                "check_mode": False,
            },
        ],
    }
    return yaml.dump([play], Dumper=_Dumper, sort_keys=False)


class _Dumper(yaml.SafeDumper):
    """Writes text with a brace or a percent sign as `!unsafe`, unless it is a Template."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    tag = "!unsafe" if set(text) & {"{", "%"} else "tag:yaml.org,2002:str"
    return dumper.represent_scalar(tag, text, style='"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Template, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), '"'))
