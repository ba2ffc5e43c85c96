# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes out of mysqlbinlog reaches the server statement by statement, and nothing half."""

import shlex
import sys

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.errors import BadInput, ReplicaError
from ansible_collections.dbre.mysql_replica.plugins.module_utils.host.binlog_stream import Options, Place, stream
from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.dump_reader import IncompleteDump

SAID = r"""/*!50530 SET @@SESSION.PSEUDO_SLAVE_MODE=1*/;
DELIMITER /*!*/;
# at 4
#261122  0:59:36 server id 1  end_log_pos 120 CRC32 0x5e33c14e 	Start: binlog v 4, server v 5.6.24-log created
ROLLBACK/*!*/;
# at 151
/*!80001 SET @@session.original_commit_timestamp=0*//*!*/;
SET @@SESSION.GTID_NEXT= '11111111-2222-3333-4444-555555555555:7'/*!*/;
# at 199
/*!\C utf8mb4 *//*!*/;
INSERT INTO t VALUES ('# at 77
# Start: binlog v 4; /*!*/;')
/*!*/;
# at 4
#261122  0:59:36 server id 1  end_log_pos 120 CRC32 0x5e33c14e 	Start: binlog v 4, server v 5.6.24-log created
BINLOG 'AA=='/*!*/;
DELIMITER ;
# End of log file
"""
GTID = "11111111-2222-3333-4444-555555555555:7"


def program(text, status=0):
    script = "import sys; sys.stdout.write(%r); sys.stdout.flush(); sys.exit(%d)" % (text, status)
    return " ".join(shlex.quote(word) for word in (sys.executable, "-c", script))


def run(text, status=0, version=50624):
    found = []
    with stream(["/log"], Options(program(text, status), 4, "", version, "/files")) as statements:
        for one in statements:
            found.append(one)  # noqa: PERF402 - what came before an error counts
    return found


def test_each_statement_comes_with_its_place():
    assert run(SAID) == [
        (Place(-1, 0, None), b"/*!50530 SET @@SESSION.PSEUDO_SLAVE_MODE=1*/"),
        (Place(0, 4, None), b"ROLLBACK"),
        (Place(0, 151, GTID), b"SET @@SESSION.GTID_NEXT= '%s'" % GTID.encode()),
        (Place(0, 199, GTID), b"INSERT INTO t VALUES ('# at 77\n# Start: binlog v 4; /*!*/;')\n"),
        (Place(1, 4, None), b"BINLOG 'AA=='"),
    ]


def test_what_is_for_newer_servers_alone_is_left_out():
    newer = b"/*!80001 SET @@session.original_commit_timestamp=0*/"
    assert newer not in [text for _place, text in run(SAID)]
    assert newer in [text for _place, text in run(SAID, version=90704)]


@pytest.mark.parametrize("text", [SAID[: SAID.index("')")], SAID[: SAID.index("BINLOG") + 9]])
def test_a_stream_that_is_cut_ends_in_an_error(text):
    with pytest.raises(IncompleteDump):
        run(text + "DELETE FROM t WHERE id = 1")


def test_a_program_that_fails_is_an_error_even_behind_whole_statements():
    with pytest.raises(ReplicaError, match=r"mysqlbinlog failed \(3\)"):
        run(SAID, status=3)
    with pytest.raises(ReplicaError, match=r"mysqlbinlog failed \(3\)"):
        run("SELECT 1;\nSELECT", status=3)


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(BadInput, match="cannot be run"), stream(
        ["/log"], Options("/no/such/mysqlbinlog", 4, "", 50624, "/files")
    ) as statements:
        list(statements)
    with pytest.raises(BadInput, match="no program"), stream([], Options("", 4, "", 50624, "/files")):
        pass
