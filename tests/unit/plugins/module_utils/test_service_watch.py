# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server's supervisors are found by its processes; of systemd, by what it answers."""

import os
import subprocess
import sys
import time

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import service_watch

SLEEP = "import time; print('up', flush=True); time.sleep(600)"


def no_systemd(_command):
    return ""


@pytest.fixture
def pid_file(tmp_path):
    return tmp_path / "mysqld.pid"


@pytest.mark.parametrize("text", [None, "", "no number", "999999999"])
def test_a_server_that_is_not_here_is_not_watched(pid_file, text):
    if text is not None:
        pid_file.write_text(text)
    assert service_watch.watch(str(pid_file), no_systemd) is None


def test_the_script_that_starts_mysqld_again_is_found(tmp_path, pid_file):
    script = tmp_path / "mysqld_safe"
    script.write_text('#!/bin/sh\n%s -c "%s" &\necho $! > %s\nwait\n' % (sys.executable, SLEEP, pid_file))
    script.chmod(0o755)
    safe = subprocess.Popen([str(script)], stdout=subprocess.PIPE)
    try:
        safe.stdout.readline()
        while not pid_file.exists() or not pid_file.read_text():
            time.sleep(0.01)
        seen = service_watch.watch(str(pid_file), no_systemd)
    finally:
        os.kill(int(pid_file.read_text()), 9)
        safe.wait()
        safe.stdout.close()
    assert seen.supervisors == ["mysqld_safe (process %d)" % safe.pid]
    assert not seen.replaced


def test_a_program_that_was_replaced_is_told(tmp_path, pid_file):
    program = tmp_path / "mysqld"
    with open("/bin/sleep", "rb") as source:
        program.write_bytes(source.read())
    program.chmod(0o755)
    running = subprocess.Popen([str(program), "600"])
    try:
        pid_file.write_text(str(running.pid))
        while os.readlink("/proc/%d/exe" % running.pid) != str(program):
            time.sleep(0.01)
        before = service_watch.watch(str(pid_file), no_systemd)
        program.unlink()
        after = service_watch.watch(str(pid_file), no_systemd)
    finally:
        running.kill()
        running.wait()
    assert (before.replaced, after.replaced) == (False, True)


# /proc/<pid>/cgroup of a service, with cgroups of version 2 and 1, as systemd.exec and cgroups(7) have it
GROUPS = ["0::/system.slice/mysql.service\n", "1:name=systemd:/system.slice/mysql.service\n"]


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("answer", "supervisors"),
    [
        ("Restart=on-failure\n", ["systemd's mysql.service (Restart=on-failure)"]),
        ("Restart=no\n", []),
        ("", []),
    ],
)
def test_systemd_is_asked_for_the_service_of_the_process(pid_file, monkeypatch, group, answer, supervisors):
    asked = []

    def run(command):
        asked.append(command)
        return answer

    plain = service_watch._read
    monkeypatch.setattr(service_watch, "_read", lambda path: group if path.endswith("cgroup") else plain(path))
    pid_file.write_text(str(os.getpid()))
    found = service_watch.watch(str(pid_file), run).supervisors
    assert [one for one in found if "systemd" in one] == supervisors
    assert asked == [["systemctl", "show", "--property=Restart", "mysql.service"]]
