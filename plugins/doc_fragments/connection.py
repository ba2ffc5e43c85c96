# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach the server that a module works on."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  login_host:
    description:
      - Host of the server that the module works on, as the target host reaches it.
    type: str
    default: localhost
  login_port:
    description:
      - Port of the server.
    type: int
    default: 3306
  login_user:
    description:
      - Account to log in with. Without it O(config_file) is asked.
    type: str
  login_password:
    description:
      - Password of O(login_user).
    type: str
  login_unix_socket:
    description:
      - Socket file of the server; takes the place of O(login_host) and O(login_port).
    type: path
  config_file:
    description:
      - Option file whose C([client]) section gives what the other options do not. It need not exist.
    type: path
    default: ~/.my.cnf
  connect_timeout:
    description:
      - Seconds to wait for a connection, and for the server's first answer.
    type: int
    default: 30
  ca_cert:
    description:
      - Certificate authority that signed the server's certificate. Given, the connection is encrypted and checked.
    type: path
    aliases: [ssl_ca]
  client_cert:
    description:
      - Client certificate.
    type: path
    aliases: [ssl_cert]
  client_key:
    description:
      - Key of O(client_cert).
    type: path
    aliases: [ssl_key]
  check_hostname:
    description:
      - Whether the server's certificate must name O(login_host).
    type: bool
requirements:
  - PyMySQL (on the target host)
  - cryptography (on the target host, where an account uses C(caching_sha2_password) without TLS or socket)
notes:
  - Statements that change the server run with C(sql_log_bin=0), so that they never get a GTID of the replica itself.
"""
