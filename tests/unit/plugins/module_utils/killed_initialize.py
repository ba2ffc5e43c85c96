# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""killed_at_every_step.py for a new data directory.

    killed_initialize.py WORK DIRECTORY     does a work, killed one system call later each time; prints the directories
    killed_initialize.py again DIRECTORIES  does the same task once more in each; prints what it returned

What mysqld would do is done here, in this process: that a mysqld of its own ends when we are killed is seen with real
servers.
"""

import json
import os
import sys

import killed_at_every_step

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host import initialization
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dialect, new_accounts
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.mysqld_options import ServerOptions
from ansible_collections.dbre.mysql_replica.plugins.modules.mysql_server_initialize import ServerInitialize

PASSWORD = "s3cr3t of the new account"
UUID = "01234567-89ab-cdef-0123-456789abcdef"
OLD = {
    "ibdata1": b"\xee" * 10000,
    "auto.cnf": b"[auto]\nserver-uuid=%s\n" % UUID.encode("ascii"),
    "server-key.pem": b"the old key",
    "mysql/user.frm": b"old",
    "mysql/user.MYD": b"old accounts",
    "mysql/user.MYI": b"old",
    "shop/orders.ibd": b"orders" * 1000,
    "log/slow.log": b"slow",
}
new_accounts.TABLES = ("user",)  # of six; they are all done alike


class StandIn:
    """Does in a data directory what a server program would do."""

    program, defaults = "/usr/sbin/mysqld", []
    fails = False

    def __init__(self, _program, datadir):
        self.datadir = datadir

    def options(self, datadir):
        version = "5.6.24" if os.path.isdir(os.path.join(os.path.dirname(datadir), "template")) else "9.7.4"
        values = {"slow-query-log-file": os.path.join(datadir, "log", "slow.log")}
        return ServerOptions(dialect.parse_version(version), values, {}), datadir

    def work(self, _uid, _gid, options, log, stdin=None):
        told = dict(option.lstrip("-").split("=", 1) for option in options if "=" in option)
        files = {log: b"[ERROR] as it is said\n"}
        if "--initialize" in options:
            made = ("ibdata1", "mysql/user.frm", "auto.cnf", "server-key.pem", "server-cert.pem", "mysql.ibd")
            files.update((os.path.join(told["datadir"], name), b"made by the server") for name in made)
        else:
            assert PASSWORD in (stdin.read().decode("ascii") if stdin else read(told["init-file"]).decode("ascii"))
            files[os.path.join(told["secure-file-priv"], "done")] = b"done\n"
        write(files)
        if self.fails and "--initialize" not in options:
            raise ReplicaError("no account was made")


def read(path):
    with open(path, "rb") as source:
        return source.read()


def write(files):
    for path, content in files.items():
        if not os.path.isdir(os.path.dirname(path)):
            os.mkdir(os.path.dirname(path))
        with open(path, "wb") as sink:
            sink.write(content)


def make_old(directory):
    data = os.path.join(directory, "data")
    os.mkdir(data)
    write({os.path.join(data, name): content for name, content in OLD.items()})
    os.chmod(data, 0o740)


def make_old_5_6(directory):
    make_old(directory)
    template = os.path.join(directory, "template")
    os.mkdir(template)
    names = ["ibdata1", "auto.cnf", "mysql/user.frm", "mysql/user.MYD", "mysql/user.MYI"]
    write({os.path.join(template, name): b"pristine" for name in names})


def initialize(directory):
    template = os.path.join(directory, "template")
    operation = ServerInitialize(
        dict(
            datadir=os.path.join(directory, "data"),
            mysqld=None,
            defaults_file=None,
            template=template if os.path.isdir(template) else None,
            login_user="admin",
            login_password=PASSWORD,
            login_hosts=["localhost"],
            needed_bytes=0,
            set_aside_dir=None,
            keep_identity=True,
            state_dir=os.path.join(directory, "state"),
        )
    )
    with operation, operation.exclusive():
        before = after = operation.observe()
        plan = operation.plan(before)
        for step in plan.steps:
            getattr(operation, "do_" + step.action)(step)
            after = operation.observe() if step is plan.steps[-1] else after
        return dict(operation.report(before, after, plan), changed=plan.needed)


def initialize_in_vain(directory):
    StandIn.fails = True
    try:
        initialize(directory)
    except ReplicaError as exc:
        if exc.found != "no account was made":
            raise


def initialized_and_used(directory):
    """As in between two runs: a server was started, and somebody has made a schema."""
    make_old(directory)
    initialize(directory)
    write({os.path.join(directory, "data", "later", "t.ibd"): b"later"})


def half_made(directory):
    """A run that was killed when mysqld --initialize had done its work."""
    make_old(directory)
    seen = initialization.NewDatadir.by_mysqld

    def killed_after(self):
        seen(self)
        os._exit(0)

    initialization.NewDatadir.by_mysqld = killed_after
    initialize(directory)


killed_at_every_step.CALLS += " rmdir symlink setxattr"
killed_at_every_step.WORKS.clear()
killed_at_every_step.WORKS.update(
    {
        "initialize": (make_old, initialize),
        "initialize 5.6": (make_old_5_6, initialize),
        "fail": (make_old, initialize_in_vain),
        "fail 5.6": (make_old_5_6, initialize_in_vain),
        "go on": (half_made, initialize),
        "once more": (initialized_and_used, initialize),
    }
)


def main():
    os.umask(0o022)
    initialization.Mysqld = StandIn
    initialization.datadir_use.users = lambda *_where: []  # all processes of this machine, hundreds of times
    initialization.datadir_use.wait_unused = lambda *_where: None
    if sys.argv[1] == "again":
        print(json.dumps([initialize(directory) for directory in sys.argv[2:]]))
    else:
        killed_at_every_step.main()


if __name__ == "__main__":
    main()
