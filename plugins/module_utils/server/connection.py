# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One connection to one server: the only file that imports the driver.

Errors of the driver become ServerError here, worded with the server's own number and text.
"""

import os
import re
import sys
from decimal import Decimal
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import ReplicaError, ServerError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic import dialect

try:
    import pymysql

    DRIVER_MISSING: Optional[str] = None
except ImportError as exc:
    DRIVER_MISSING = str(exc)

# A driver that does not know the argument uses TLS only where it is told to.
_CAN_REFUSE_TLS = not DRIVER_MISSING and "ssl_disabled" in pymysql.connections.Connection.__init__.__code__.co_varnames

# errno of a failed connection -> what a person looks at first
_NEXT_STEPS = {
    1045: "check user, password and the host that the account is for",
    1130: "make an account that may log in from this host",
    2002: "check that the server runs, and the socket file",
    2003: "check that the server runs, host, port and the firewall",
    2013: "see in its error log whether the server is still starting, hangs, or is dying",
    2061: "use TLS (ca_cert) or the socket: the account's plugin wants a safe connection",
}

# Bytes that are sent at once: fewer than any max_allowed_packet that a dump can be loaded with.
_PACKET = 256 << 10

Value = Union[None, int, float, str, bytes, Any]
Row = Dict[str, Any]


class Login(NamedTuple):
    """How to reach a server; the fields are those of the connection options. connect_timeout is in seconds.

    tls: True asks for it even without certificates, False does without; None leaves it to the certificates given and
    to the driver.
    """

    host: str
    port: int
    user: Optional[str] = None
    password: Optional[str] = None
    unix_socket: Optional[str] = None
    config_file: Optional[str] = None
    connect_timeout: int = 30
    ca_cert: Optional[str] = None
    client_cert: Optional[str] = None
    client_key: Optional[str] = None
    check_hostname: Optional[bool] = None
    tls: Optional[bool] = None

    @property
    def address(self) -> str:
        return self.unix_socket or "%s:%d" % (self.host, self.port)


def login_of(params: Dict[str, Any]) -> Login:
    """The server that a module works on."""
    return Login(
        host=params["login_host"],
        port=params["login_port"],
        user=params["login_user"],
        password=params["login_password"],
        unix_socket=params["login_unix_socket"],
        config_file=params["config_file"],
        connect_timeout=params["connect_timeout"],
        ca_cert=params["ca_cert"],
        client_cert=params["client_cert"],
        client_key=params["client_key"],
        check_hostname=params["check_hostname"],
    )


def source_login_of(params: Dict[str, Any]) -> Optional[Login]:
    """The source as an account that only reads sees it, or None when the module was given no source."""
    if not params.get("source_host"):
        return None
    return Login(
        host=params["source_host"],
        port=params["source_port"],
        user=params["source_user"],
        password=params["source_password"],
        connect_timeout=params["connect_timeout"],
        ca_cert=params["source_ca_cert"],
    )


class Taken(NamedTuple):
    """What the server said of rows: how many it took, and whether it took all of them as they are."""

    rows: int
    cleanly: bool


class Server:
    """A session on a server.

    log_bin=False makes a session whose statements leave no trace in the binary log: nothing that this collection
    does to a replica may get a GTID of the replica itself. local_data: send_data() is for this session.
    """

    def __init__(self, login: Login, log_bin: bool = True, local_data: bool = False) -> None:
        self.login = login
        self._local_data = local_data
        self._log_bin = log_bin
        self._connection: Any = None
        self._dialect: Optional[dialect.Dialect] = None
        self.reconnect()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_exc: Any) -> None:
        self.close()

    @property
    def dialect(self) -> dialect.Dialect:
        if self._dialect is None:
            self._dialect = dialect.parse_version(self.value("SELECT @@version"))
        return self._dialect

    def say(self, name: str) -> str:
        """The statement or word for ``name`` on this server (logic/dialect.py)."""
        return self.dialect.say(name)

    def reconnect(self) -> None:
        """Leave the session, if there is one, and begin a new one."""
        self.close()
        if DRIVER_MISSING:
            raise ReplicaError(
                "the Python library PyMySQL is missing: %s" % DRIVER_MISSING,
                where=sys.executable,
                untouched="everything",
                next_step="install PyMySQL for that interpreter (the package is named python3-pymysql or PyMySQL)",
            )
        try:
            self._connection = pymysql.connect(read_timeout=self.login.connect_timeout, **self._arguments())
            # That was for the server's first words, which one that hangs owes for ever. A statement takes its time.
            self._connection._read_timeout = None
        except (pymysql.MySQLError, OSError, RuntimeError) as exc:
            error = self._error(exc, "cannot connect to MySQL")
            error.untouched = "everything"
            error.next_step = _NEXT_STEPS.get(error.errno, "try the same login with the mysql client")
            raise error from None
        if not self._log_bin:
            self.execute("SET SESSION sql_log_bin = 0")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (pymysql.MySQLError, OSError):
                return  # it was gone already, which is what we want

    def rows(self, sql: str, args: Optional[Tuple[Value, ...]] = None) -> List[Row]:
        """Run a statement and return its rows as ``{column: value}``; text is decoded, never refused, as UTF-8."""
        columns, rows = self._run(sql, args)
        return [dict(zip(columns, row)) for row in rows]

    def value(self, sql: str, args: Optional[Tuple[Value, ...]] = None) -> Any:
        """The first column of the first row, or None when there is no row."""
        _columns, rows = self._run(sql, args)
        return rows[0][0] if rows else None

    def execute(self, sql: str, args: Optional[Tuple[Value, ...]] = None) -> None:
        self._run(sql, args)

    def send(self, statement: bytes) -> int:
        """Run one statement exactly as the bytes are, and drop what it returns. For statements of a dump.

        Returns how many rows the server says it touched.
        """
        try:
            return int(self._connection.query(statement))
        except (pymysql.MySQLError, OSError) as exc:
            raise self._error(exc, "the server refused a statement") from None

    def send_data(self, statement: bytes, rows: bytes) -> Taken:
        """Run a LOAD DATA LOCAL, with these bytes for its file, whatever file the server asks for."""
        connection = self._connection
        try:
            connection._execute_command(pymysql.constants.COMMAND.COM_QUERY, statement)
            # A server that refuses says so now; this raises it.
            asked = connection._read_packet()
            if asked.is_load_local_packet():
                for start in range(0, len(rows), _PACKET):
                    connection.write_packet(rows[start : start + _PACKET])
                connection.write_packet(b"")
                asked = connection._read_packet()
            answer: Any = vars(pymysql.connections)["OKPacketWrapper"](asked)  # where it is from, versions differ
            return _taken(int(answer.affected_rows), int(answer.warning_count), answer.message)
        except (pymysql.MySQLError, OSError) as exc:
            raise self._error(exc, "the server refused rows") from None

    @property
    def autocommit(self) -> bool:
        """Whether each statement is a transaction now, as the server told with its last answer."""
        return bool(self._connection.get_autocommit())

    def literal(self, value: Value) -> str:
        """A value as this session would write it in a statement, quotes included; for what is shown and then run."""
        return str(self._connection.literal(value))

    def variables(self, *names: str) -> Dict[str, str]:
        """Global variables by name; one that this server does not have is missing from the result."""
        marks = ", ".join(["%s"] * len(names))
        sql = "SHOW GLOBAL VARIABLES WHERE Variable_name IN (%s)" % marks
        return {row["Variable_name"].lower(): row["Value"] for row in self.rows(sql, names)}

    def warnings(self) -> List[str]:
        return ["%(Level)s %(Code)s: %(Message)s" % row for row in self.rows("SHOW WARNINGS")]

    def _run(self, sql: str, args: Optional[Tuple[Value, ...]]) -> Tuple[List[str], List[List[Any]]]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, args)
                columns = [column[0] for column in cursor.description or ()]
                return columns, [[_text(value) for value in row] for row in cursor.fetchall()]
        except (pymysql.MySQLError, OSError) as exc:
            raise self._error(exc, "the server refused %s" % _verb(sql)) from None

    def _arguments(self) -> Dict[str, Any]:
        login = self.login
        arguments: Dict[str, Any] = dict(
            host=login.host,
            port=login.port,
            charset="utf8mb4",
            # Text in status rows may be cut inside a character: it is decoded here, forgivingly, not by the driver.
            use_unicode=False,
            conv=_conversions(),
            autocommit=True,
            connect_timeout=login.connect_timeout,
            program_name="dbre.mysql_replica",
        )
        if self._local_data:
            # Said to the server only: the driver itself still refuses to read any file that a server may ask for.
            arguments["client_flag"] = pymysql.constants.CLIENT.LOCAL_FILES
        if login.user is not None:
            arguments["user"] = login.user
        if login.password is not None:
            arguments["password"] = login.password
        if login.unix_socket:
            arguments["unix_socket"] = login.unix_socket
        if login.config_file and os.path.exists(os.path.expanduser(login.config_file)):
            arguments["read_default_file"] = os.path.expanduser(login.config_file)
        tls = {"ca": login.ca_cert, "cert": login.client_cert, "key": login.client_key}
        if any(tls.values()):
            arguments["ssl"] = {name: path for name, path in tls.items() if path}
            if login.check_hostname is not None:
                arguments["ssl"]["check_hostname"] = login.check_hostname
        elif login.tls:
            arguments["ssl"] = {"check_hostname": False}
        elif login.tls is False and _CAN_REFUSE_TLS:
            arguments["ssl_disabled"] = True
        return arguments

    def _error(self, exc: Exception, what: str) -> ServerError:
        number = exc.args[0] if exc.args and isinstance(exc.args[0], int) else 0
        said = str(exc.args[1]) if number and len(exc.args) > 1 else str(exc)
        return ServerError(
            "%s: %s%s" % (what, "error %d: " % number if number else "", said),
            errno=number,
            where=self.login.address,
        )


class Field(NamedTuple):
    """A column of a result. kind and charset: numbers of MySQL's protocol."""

    name: str
    kind: int
    charset: int


class RawServer(Server):
    """A session whose values are the bytes that the server sends, row by row while it sends them."""

    def stream(self, sql: str) -> Iterator[Tuple[List[Field], Tuple[Optional[bytes], ...]]]:
        """Each row with the fields of all. Raises ServerError, also after rows that came before the server died.

        The session is of no use for anything else behind it.
        """
        cursor = self._connection.cursor(pymysql.cursors.SSCursor)
        try:
            cursor.execute(sql)
            fields = [Field(_text(field.name), field.type_code, field.charsetnr) for field in cursor._result.fields]
            for row in iter(cursor.fetchone, None):
                yield fields, row
        except (pymysql.MySQLError, OSError) as exc:
            raise self._error(exc, "the server broke off %s" % _verb(sql)) from None
        finally:
            # It would read on to the end of the result, from a connection that may be gone.
            if cursor._result is not None:
                cursor._result.unbuffered_active = False
            cursor.connection = None

    def _arguments(self) -> Dict[str, Any]:
        return dict(super()._arguments(), conv={})


def _conversions() -> Dict[Any, Any]:
    """Those of the driver, whose decoder of DECIMAL takes no bytes."""
    types, known = pymysql.constants.FIELD_TYPE, dict(pymysql.converters.conversions)
    known[types.DECIMAL] = known[types.NEWDECIMAL] = lambda value: Decimal(_text(value))
    return known


def _taken(rows: int, warnings: int, message: bytes) -> Taken:
    """5.6 does not warn of a row that it leaves out for its key; what it says in words has that, in any language."""
    # In front is a byte that tells the length of the words; it may look like a digit.
    numbers = [int(number) for number in re.findall(rb"[0-9]+", message or b"")][-4:]
    return Taken(rows, warnings == 0 and numbers == [rows, 0, 0, 0])  # records, deleted, skipped, warnings


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _verb(sql: str) -> str:
    """The first words of a statement: enough to recognise it, too little to hold a password."""
    return " ".join(sql.split()[:3])
