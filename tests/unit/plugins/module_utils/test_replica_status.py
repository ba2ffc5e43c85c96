# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Status rows as 5.6.24 and 9.7.4 gave them become the same record, and each error its cause."""

import os

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.replica_status import (
    CONNECTING,
    RUNNING,
    STOPPED,
    Channel,
    Failure,
    cause_of,
    read_channels,
)

UUID = "2391ba8d-e57d-11f1-82aa-02fc00000001"

OLD = {
    "Slave_IO_State": "Waiting for master to send event",
    "Master_Host": "127.0.0.1",
    "Master_User": "repl",
    "Master_Port": 25385,
    "Connect_Retry": 1,
    "Master_Log_File": "mysql-bin.000001",
    "Read_Master_Log_Pos": 535,
    "Relay_Log_File": "relay-bin.000002",
    "Relay_Log_Pos": 511,
    "Relay_Master_Log_File": "mysql-bin.000001",
    "Slave_IO_Running": "Yes",
    "Slave_SQL_Running": "Yes",
    "Replicate_Do_DB": "",
    "Last_Errno": 0,
    "Last_Error": "",
    "Skip_Counter": 0,
    "Exec_Master_Log_Pos": 301,
    "Relay_Log_Space": 709,
    "Until_Condition": "None",
    "Until_Log_File": "",
    "Until_Log_Pos": 0,
    "Master_SSL_Allowed": "No",
    "Master_SSL_CA_File": "",
    "Master_SSL_CA_Path": "",
    "Master_SSL_Verify_Server_Cert": "No",
    "Seconds_Behind_Master": 0,
    "Last_IO_Errno": 0,
    "Last_IO_Error": "",
    "Last_SQL_Errno": 0,
    "Last_SQL_Error": "",
    "Master_Server_Id": 25385,
    "Master_UUID": UUID,
    "Master_Info_File": "mysql.slave_master_info",
    "SQL_Delay": 0,
    "SQL_Remaining_Delay": None,
    "Slave_SQL_Running_State": "Slave has read all relay log; waiting for the slave I/O thread to update it",
    "Master_Retry_Count": 86400,
    "Last_IO_Error_Timestamp": "",
    "Last_SQL_Error_Timestamp": "",
    "Master_SSL_Crl": "",
    "Retrieved_Gtid_Set": UUID + ":1",
    "Executed_Gtid_Set": UUID + ":1",
    "Auto_Position": 1,
}

NEW = {
    "Replica_IO_State": "Waiting for source to send event",
    "Source_Host": "127.0.0.1",
    "Source_User": "repl",
    "Source_Port": 30921,
    "Connect_Retry": 1,
    "Source_Log_File": "mysql-bin.000001",
    "Read_Source_Log_Pos": 535,
    "Relay_Log_File": "relay-bin.000002",
    "Relay_Log_Pos": 422,
    "Relay_Source_Log_File": "mysql-bin.000001",
    "Replica_IO_Running": "Yes",
    "Replica_SQL_Running": "Yes",
    "Last_Errno": 0,
    "Last_Error": "",
    "Exec_Source_Log_Pos": 351,
    "Relay_Log_Space": 811,
    "Source_SSL_Allowed": "Yes",
    "Source_SSL_CA_File": "",
    "Source_SSL_CA_Path": "",
    "Source_SSL_Verify_Server_Cert": "No",
    "Seconds_Behind_Source": 0,
    "Last_IO_Errno": 0,
    "Last_IO_Error": "",
    "Last_SQL_Errno": 0,
    "Last_SQL_Error": "",
    "Source_Server_Id": 30921,
    "Source_UUID": UUID,
    "Source_Info_File": "mysql.slave_master_info",
    "SQL_Delay": 0,
    "SQL_Remaining_Delay": None,
    "Replica_SQL_Running_State": "Replica has read all relay log; waiting for more updates",
    "Source_Retry_Count": 10,
    "Retrieved_Gtid_Set": UUID + ":2",
    "Executed_Gtid_Set": UUID + ":1",
    "Auto_Position": 1,
    "Replicate_Rewrite_DB": "",
    "Channel_Name": "",
    "Source_TLS_Version": "",
    "Source_public_key_path": "",
    "Get_Source_public_key": 1,
    "Network_Namespace": "",
}

# 8.0.0 to 8.0.21 speak as 5.6 does, with channels and a key.
EIGHT = dict(OLD, Channel_Name="from_a", Get_master_public_key=1, Master_public_key_path="")


def read(row, **changes):
    (channel,) = read_channels([dict(row, **changes)])
    return channel


def test_5_6_row():
    assert read(OLD) == Channel(
        name="",
        source_host="127.0.0.1",
        source_port=25385,
        source_user="repl",
        source_uuid=UUID,
        auto_position=True,
        receiver=RUNNING,
        receiver_failure=None,
        applier=RUNNING,
        applier_state="Slave has read all relay log; waiting for the slave I/O thread to update it",
        applier_failure=None,
        retrieved_gtids=UUID + ":1",
        executed_gtids=UUID + ":1",
        source_log_file="mysql-bin.000001",
        source_log_pos=535,
        relay_log_file="relay-bin.000002",
        relay_log_pos=511,
        relay_log_space=709,
        seconds_behind_source=0,
        delay=0,
        ssl=False,
        ssl_ca="",
        get_source_public_key=False,
    )


def test_9_7_row():
    assert read(NEW) == Channel(
        name="",
        source_host="127.0.0.1",
        source_port=30921,
        source_user="repl",
        source_uuid=UUID,
        auto_position=True,
        receiver=RUNNING,
        receiver_failure=None,
        applier=RUNNING,
        applier_state="Replica has read all relay log; waiting for more updates",
        applier_failure=None,
        retrieved_gtids=UUID + ":2",
        executed_gtids=UUID + ":1",
        source_log_file="mysql-bin.000001",
        source_log_pos=535,
        relay_log_file="relay-bin.000002",
        relay_log_pos=422,
        relay_log_space=811,
        seconds_behind_source=0,
        delay=0,
        ssl=True,
        ssl_ca="",
        get_source_public_key=True,
    )


def test_8_0_row():
    channel = read(EIGHT)
    assert (channel.name, channel.get_source_public_key, channel.source_host) == ("from_a", True, "127.0.0.1")


def test_mariadb_row():
    channel = read(
        {
            "Connection_name": "from_a",
            "Slave_IO_Running": "Preparing",
            "Slave_SQL_Running": "Yes",
            "Using_Gtid": "Slave_Pos",
            "Master_Host": "db1",
        }
    )
    assert (channel.name, channel.receiver, channel.auto_position) == ("from_a", CONNECTING, True)


def test_no_row_is_no_channel():
    assert read_channels([]) == []


def test_channels_come_sorted():
    rows = [dict(NEW, Channel_Name=name) for name in ("west", "", "east")]
    assert [channel.name for channel in read_channels(rows)] == ["", "east", "west"]


THREADS = [("Yes", RUNNING), ("Connecting", CONNECTING), ("Preparing", CONNECTING), ("No", STOPPED), ("", STOPPED)]


@pytest.mark.parametrize(("word", "state"), THREADS, ids=[word or "nothing" for word, _state in THREADS])
def test_thread(word, state):
    channel = read(NEW, Replica_IO_Running=word)
    assert channel.receiver == state
    assert channel.applier == RUNNING
    assert channel.running is (state == RUNNING)
    assert read(OLD, Slave_SQL_Running=word).applier == state


def test_lag_that_is_not_known_is_not_zero():
    assert read(OLD, Seconds_Behind_Master=None).seconds_behind_source is None
    assert read(NEW, Seconds_Behind_Source=None).seconds_behind_source is None
    assert read(NEW, Seconds_Behind_Source=7).seconds_behind_source == 7


def test_sets_are_on_one_line():
    assert read(OLD, Executed_Gtid_Set="a:1-5,\nb:7").executed_gtids == "a:1-5,b:7"


def test_values_that_a_server_leaves_null_are_empty():
    nothing = dict.fromkeys(NEW)
    channel = read(nothing)
    assert (channel.source_host, channel.source_port, channel.executed_gtids) == ("", 0, "")
    assert (channel.receiver, channel.receiver_failure, channel.auto_position) == (STOPPED, None, False)


def test_public_can_be_returned():
    shown = read(NEW, Last_SQL_Errno=1062, Last_SQL_Error="Duplicate entry", Replica_SQL_Running="No").public()
    assert shown["applier_failure"] == {"errno": 1062, "text": "Duplicate entry", "cause": "duplicate_row"}
    assert shown["receiver_failure"] is None
    assert not [name for name in shown if "password" in name.lower()]


with open(os.path.join(os.path.dirname(__file__), "fixtures/replica_errors.tsv"), encoding="utf-8") as recorded:
    CAUSES = [line.rstrip("\n").split("\t") for line in recorded if not line.startswith("#")]


@pytest.mark.parametrize(
    ("cause", "errno", "text"),
    [(cause, int(errno), text) for cause, _where, errno, text in CAUSES],
    ids=["%s %s" % (cause, where) for cause, where, _errno, _text in CAUSES],
)
def test_cause(cause, errno, text):
    assert cause_of(errno, text) == cause


def test_a_stopped_receiver_says_why():
    channel = read(NEW, Replica_IO_Running="No", Last_IO_Errno=13114, Last_IO_Error=CAUSES[1][3])
    assert channel.receiver_failure == Failure(13114, CAUSES[1][3], "source_purged")
    assert channel.applier_failure is None


def test_a_stopped_applier_says_why():
    channel = read(OLD, Slave_SQL_Running="No", Last_SQL_Errno=1594, Last_SQL_Error="Relay log read failure")
    assert channel.applier_failure == Failure(1594, "Relay log read failure", "relay_log_unreadable")
    assert channel.receiver_failure is None
