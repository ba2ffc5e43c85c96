# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a story is told: chapters, lines with their time, and the tasks of a playbook as they come."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .topology import Sandbox

ROOT = Path(__file__).resolve().parents[2]
TASK = re.compile(rb"TASK \[(?:dbre\.mysql_replica\.\w+ : )?([^\]]+)\]")
DONE = re.compile(rb"(?:ok|changed): \[(\w+)\]")
# what a long module says of itself
PROGRESS = re.compile(rb"(\w+: (?:load|last|count).*)")
# what only keeps the books
BOOKKEEPING = re.compile(rb"(Input|Phase|Report) \||.* \| (Say|Decide|Remember|Go on|Take in|Put it together)|[^|]+$")


class DemoFailed(RuntimeError):
    """The story did not end as it should."""


class Narrator:
    """Prints what happens, with the seconds since the beginning."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def tell(self, text: str) -> None:
        for line in text.splitlines():
            print(f"{time.monotonic() - self.began:6.1f} s  {line}", flush=True)

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        print(f"\n== {title}", flush=True)
        yield


def run_playbook(box: Sandbox, playbook: str, variables: dict[str, Any], story: Narrator) -> str:
    """Run one of the collection's, tell its tasks as they come, and return what it printed."""
    log = bytearray()
    with subprocess.Popen(
        [
            str(Path(sys.executable).with_name("ansible-playbook")),
            "--inventory",
            str(box.inventory),
            str(ROOT / "playbooks" / playbook),
            "--extra-vars",
            json.dumps(variables),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_LOCALHOST_WARNING": "0"},
    ) as process:
        try:
            task = told = b""
            for line in process.stdout or ():
                log += line
                if begun := TASK.match(line):
                    task = begun[1]
                elif how_far := PROGRESS.match(line):
                    story.tell(how_far[1].decode())
                elif (done := DONE.match(line)) and not BOOKKEEPING.match(task) and told != done[1] + task:
                    told = done[1] + task  # a task of several items is told once
                    story.tell(f"{done[1].decode()}: {task.decode()}")
        except BaseException:
            process.terminate()
            raise
    text = log.decode(errors="replace")
    if process.returncode:
        raise DemoFailed(f"ansible-playbook ended with {process.returncode}:\n{text[-4000:]}")
    return text


def changes(log: str) -> int:
    """How many tasks of a playbook changed something."""
    return sum(int(changed) for changed in re.findall(r"changed=(\d+)", log))
