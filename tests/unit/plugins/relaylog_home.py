# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A data directory with relay logs, and mysql_relaylog_repair at work on it without Ansible around it."""

import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import relaylog_writer as writer

_PLUGINS = "ansible_collections.dbre.mysql_replica.plugins."
_MODULE = _PLUGINS + "modules.mysql_relaylog_repair"
_MODULE_UTILS = _PLUGINS + "module_utils."
DEFAULTS = dict(
    relay_log="relay-bin",
    relay_log_index=None,
    channel="",
    applier_position="relay-bin.000001:4",
    auto_position=True,
    gtid_only=False,
    strategy="truncate",
    force=False,
    state="repaired",
    on_trial=False,
    quarantine=None,
)


def make_logs(directory, base="relay-bin"):
    """Transactions 1-3, 4-6, 7-9 and 10-12 in four files, and their index. Returns the logs."""
    os.makedirs(directory, exist_ok=True)
    logs = []
    for number in range(4):
        claimed = "%s:1-%d" % (writer.UUID, 3 * number) if number else ""
        log = writer.RelayLog().header(claimed, continues=number > 0)
        log.transactions(3 * number + 1, 3 * number + 3)
        logs.append(log.close("%s.%06d" % (base, number + 2)) if number < 3 else log)
    for number, log in enumerate(logs, 1):
        write(os.path.join(directory, "%s.%06d" % (base, number)), bytes(log.data))
    write(os.path.join(directory, base + ".index"), "".join("./%s.%06d\n" % (base, n) for n in range(1, 5)).encode())
    return logs


def damaged_home(directory):
    """data below it, with a flipped bit in the second of four files."""
    data = os.path.join(directory, "data")
    logs = make_logs(data)
    path = os.path.join(data, "relay-bin.000002")
    changed = bytearray(read(path))
    changed[logs[1].starts[-3] + 25] ^= 1
    write(path, bytes(changed))
    os.chmod(path, 0o640)
    return logs


def quarantine_in(directory):
    """The one quarantine of relay logs that a run has left."""
    backup = os.path.join(directory, "backup")
    found = [name for name in os.listdir(backup) if name.startswith("relay-logs-2")]
    return os.path.join(backup, max(found))


def work(directory, check=False, **options):
    """One run of the module: (report, plan). Raises its errors."""
    params = dict(DEFAULTS, datadir=os.path.join(directory, "data"), backup_dir=os.path.join(directory, "backup"))
    params.update(options, state_dir=os.path.join(directory, "state"))
    operation = importlib.import_module(_MODULE).RelaylogRepair(params)
    with operation.exclusive():
        before = after = operation.observe()
        plan = operation.plan(before)
        if not check and plan.needed:
            for step in plan.steps:
                getattr(operation, "do_" + step.action)(step)
            after = operation.observe()
        return operation.report(before, after, plan), plan


def no_look_at_processes(setattr_=setattr):
    """Spare hundreds of runs the look at every process of this machine."""
    for name in ("relaylog", "relaylog_work"):
        module = importlib.import_module(_MODULE_UTILS + "host." + name)
        setattr_(module, "refuse_if_open", lambda *_args: None)


def read(path):
    with open(path, "rb") as source:
        return source.read()


def write(path, content):
    with open(path, "wb") as sink:
        sink.write(content)


def contents(directory):
    """name -> bytes of all files in a directory."""
    return {name: read(os.path.join(directory, name)) for name in sorted(os.listdir(directory))}
