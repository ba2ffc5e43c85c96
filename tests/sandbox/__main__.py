# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: python -m sandbox --help."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pymysql

from . import builds
from .damage import DAMAGES
from .fetch import FetchError
from .server import ServerError
from .template import template
from .topology import Sandbox, describe


def up(arguments: argparse.Namespace) -> None:
    box = Sandbox.up(arguments.server, arguments.replicas, arguments.directory, owned=False)
    print(box.inventory)


def status(arguments: argparse.Namespace) -> None:
    for server in Sandbox.load(arguments.directory).servers:
        line = f"{server.name}: MySQL {server.build.version}, port {server.port}"
        if not server.is_running():
            print(f"{line}, down")
            continue
        line += f", process {server.pid}"
        try:
            threads = "" if server.name == "source" else f", {describe(server.replica_status())}"
            print(f"{line}{threads}, gtid_executed {server.gtid_executed or 'empty'}")
        except pymysql.MySQLError as error:
            print(f"{line}, does not answer: {error}")


def start(arguments: argparse.Namespace) -> None:
    Sandbox.load(arguments.directory).server(arguments.name).start()


def stop(arguments: argparse.Namespace) -> None:
    Sandbox.load(arguments.directory).server(arguments.name).stop()


def kill(arguments: argparse.Namespace) -> None:
    Sandbox.load(arguments.directory).server(arguments.name).kill()


def break_(arguments: argparse.Namespace) -> None:
    box = Sandbox.load(arguments.directory)
    for name, value in box.damage(arguments.damage, box.server(arguments.name)).items():
        print(f"{name}: {value}")


def down(arguments: argparse.Namespace) -> None:
    Sandbox.load(arguments.directory).down()


def fetch(arguments: argparse.Namespace) -> None:
    for spec in arguments.server or [builds.default_spec()]:
        build = builds.find_build(spec)
        template(build)
        print(f"{spec}: MySQL {build.version}, {build.mysqld[-1]}")


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="sandbox", description="Real MySQL servers that replicate, to be broken.")
    commands = main.add_subparsers(required=True, metavar="COMMAND")
    server_help = "5.6, 9.7, path or a base directory (default: $SERVER, else MySQL >= 8.0 on PATH, else 9.7)"

    one = commands.add_parser("up", help="start a source and replicas; prints the path of the inventory")
    one.add_argument("--server", help=server_help)
    one.add_argument("--replicas", type=int, default=1)
    one.add_argument("--directory", type=Path, help="an empty or new directory (default: a temporary one)")
    one.set_defaults(run=up)

    for function, text in ((status, "a line for each server"), (down, "end the servers, delete the directory")):
        one = commands.add_parser(function.__name__, help=text)
        one.add_argument("directory", type=Path)
        one.set_defaults(run=function)

    for function, text in (
        (start, "start one server; returns when it answers"),
        (stop, "shut one server down cleanly"),
        (kill, "end one server by SIGKILL"),
    ):
        one = commands.add_parser(function.__name__, help=text)
        one.add_argument("directory", type=Path)
        one.add_argument("name", help="source, replica1, ...")
        one.set_defaults(run=function)

    one = commands.add_parser(
        "break",
        help="do a damage to a replica",
        description="Damages:\n" + "\n".join(f"  {name}: {damage.description}" for name, damage in DAMAGES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one.add_argument("directory", type=Path)
    one.add_argument("name", help="replica1, ...")
    one.add_argument("damage", choices=DAMAGES)
    one.set_defaults(run=break_)

    one = commands.add_parser("fetch", help="fetch and prepare servers, start nothing")
    one.add_argument("server", nargs="*", help=server_help)
    one.set_defaults(run=fetch)
    return main


def main() -> int:
    """Run one command; 1 and a message for what a user can understand, a traceback for our own mistakes."""
    arguments = parser().parse_args()
    try:
        arguments.run(arguments)
    except (FetchError, ServerError, OSError, RuntimeError, pymysql.MySQLError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
