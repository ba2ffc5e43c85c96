# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a channel's connection is secured, and what its account is on the source. Read only."""

import os
import re
from typing import Any, Dict, Optional

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.journal import Journal
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import kept_channel
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.preflight import of_account
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server import channel, preflight_looks
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Server

_TELLING = ("source_user", "source_ssl", "get_source_public_key", "public_key_path")
# the plugin in what SHOW CREATE USER says, from 5.7 on
_PLUGIN = re.compile(r"IDENTIFIED WITH '([^']+)'")


def of_channel(server: Server, name: str, state_dir: str) -> Optional[Dict[str, Any]]:
    """source_user, source_ssl, get_source_public_key, public_key_path of the channel, or of the one that a run which
    was killed has removed and would make again; None when there is none. Absent: what this version does not have.
    """
    try:
        kept = kept_channel.settle(
            channel.kept(server, name),
            kept_channel.read_record(Journal(os.path.join(state_dir, kept_channel.journal_name(name))).read()),
        )
    except ServerError:
        raise
    except ReplicaError:
        return None
    return {key: kept.settings[key] for key in _TELLING if key in kept.settings} if kept else None


def replication_login(source: Login, params: Dict[str, Any], replica: Optional[Dict[str, Any]]) -> Optional[Login]:
    """How the channel is to log in: replication_user and what belongs to it; None where params do not say.

    replica: server/preflight.py's replica_view(). Without it the driver chooses whether to encrypt.
    """
    if not params["replication_user"]:
        return None
    tls = params["source_ssl"]
    if replica is not None:
        tls = of_account.encrypted(tls, replica.get("transport"), replica["server"]["version"])
    return source._replace(
        user=params["replication_user"],
        password=params["replication_password"],
        ca_cert=params["source_ssl_ca"] if tls else None,
        check_hostname=False,
        tls=tls,
    )


def account_view(login: Login, reader: Login) -> Dict[str, Any]:
    """What comes of a login as the replication account.

    Keys: errno (0 when it worked, None when this host's own software failed), error, password_too_long (for a channel),
    and after a login that worked grants and plugin (its authentication plugin, None when unknown).

    reader: an account that may know the plugin where the account itself cannot ask for it (5.6).
    """
    try:
        with Server(login) as session:
            grants = preflight_looks.grants(session)
            plugin = _plugin(session) or _plugin_by(reader, grants.account)
            found = dict(errno=0, error=None, grants=grants, plugin=plugin)
    except ServerError as exc:
        found = dict(errno=exc.errno or None, error=exc.found)
    return dict(found, password_too_long=len(login.password or "") > of_account.LONGEST_PASSWORD)


def _plugin(session: Server) -> Optional[str]:
    try:
        found = _PLUGIN.search(str(session.value("SHOW CREATE USER CURRENT_USER()")))
    except ServerError:
        return None
    return found.group(1) if found else None


def _plugin_by(reader: Login, account: str) -> Optional[str]:
    user, _at, host = account.rpartition("@")
    try:
        with Server(reader) as session:
            return session.value("SELECT plugin FROM mysql.user WHERE User = %s AND Host = %s", (user, host)) or None
    except ServerError:
        return None
