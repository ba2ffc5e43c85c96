# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection that never comes about ends as an error."""

import socket

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.server.connection import Login, Server

pytest.importorskip("pymysql")


@pytest.fixture(name="listener", params=["socket file", "port"])
def _listener(request, tmp_path):
    """Of a server that hangs: the kernel takes connections for it, and it says nothing. A login to it."""
    by_file = request.param == "socket file"
    with socket.socket(socket.AF_UNIX if by_file else socket.AF_INET) as listener:
        listener.bind(str(tmp_path / "s") if by_file else ("127.0.0.1", 0))
        listener.listen(1)
        name = listener.getsockname()
        login = Login("127.0.0.1", 0 if by_file else name[1], user="u", password="p", connect_timeout=1)
        yield login._replace(unix_socket=name) if by_file else login


def test_a_server_that_listens_and_says_nothing_is_given_up(listener):
    with pytest.raises(ServerError, match="cannot connect") as caught:
        Server(listener)
    assert "hangs" in caught.value.next_step
