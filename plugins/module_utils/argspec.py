# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs shared by modules. The options mean and are named what they mean and are named in ansible.mysql."""

from typing import Any, Dict

# Steps of a rebuild whose outcome a later step's plan may take for given in check mode
ASSUMABLE = ("quiet", "channel_removed", "gtids_reset", "loaded")


def connection_spec(**own: Any) -> Dict[str, Any]:
    """The server the module works on, plus the module's own options."""
    spec: Dict[str, Any] = dict(
        login_host=dict(type="str", default="localhost"),
        login_port=dict(type="int", default=3306),
        login_user=dict(type="str"),
        login_password=dict(type="str", no_log=True),
        login_unix_socket=dict(type="path"),
        config_file=dict(type="path", default="~/.my.cnf"),
        connect_timeout=dict(type="int", default=30),
        ca_cert=dict(type="path", aliases=["ssl_ca"]),
        client_cert=dict(type="path", aliases=["ssl_cert"]),
        client_key=dict(type="path", aliases=["ssl_key"], no_log=False),
        check_hostname=dict(type="bool"),
    )
    spec.update(own)
    return spec


def source_spec() -> Dict[str, Any]:
    """How to read from the source. Nothing is ever written there."""
    return dict(
        source_host=dict(type="str"),
        source_port=dict(type="int", default=3306),
        source_user=dict(type="str"),
        source_password=dict(type="str", no_log=True),
        source_ca_cert=dict(type="path"),
    )


def dump_spec() -> Dict[str, Any]:
    """Which dump, with source_spec() for one that is to be taken."""
    return dict(
        method=dict(type="str", choices=["file", "source"], default="file"),
        path=dict(type="path"),
        mysqldump=dict(type="str", default="mysqldump"),
        mysqldump_options=dict(type="list", elements="str", default=[]),
    )


def state_spec() -> Dict[str, Any]:
    """Where a run keeps its journal and its lock, and what check mode may take for done."""
    return dict(
        state_dir=dict(type="path", default="/var/lib/dbre_mysql_replica"),
        assume=dict(type="list", elements="str", choices=list(ASSUMABLE), default=[]),
    )
