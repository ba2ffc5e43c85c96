# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils.logic.load_charset import ClientCharset

NAMES = b"/*!50503 SET NAMES utf8mb4 */"
SAVE = b"/*!40101 SET @saved_cs_client     = @@character_set_client */"
CHANGE = b"/*!50503 SET character_set_client = utf8mb4 */"
RESTORE = b"/*!40101 SET character_set_client = @saved_cs_client */"
OTHER = b"/*!50503 SET character_set_client = utf8 */"
MODE = b"/*!50003 SET sql_mode = '' */"


@pytest.mark.parametrize(
    ("said", "needed"),
    [
        ([NAMES, SAVE, CHANGE, RESTORE, SAVE, CHANGE, RESTORE], [NAMES]),
        ([NAMES, b"SET @a = @@character_set_client", b"SET character_set_client = UTF8MB4"], [NAMES]),
        # nobody knows what it is
        ([SAVE, CHANGE, RESTORE], [SAVE, CHANGE, RESTORE]),
        ([NAMES, b"SET NAMES 'utf8mb4'", SAVE, CHANGE], [NAMES, b"SET NAMES 'utf8mb4'", SAVE, CHANGE]),
        ([NAMES, b"SET CHARACTER SET latin1", SAVE], [NAMES, b"SET CHARACTER SET latin1", SAVE]),
        ([NAMES, b"set charset latin1", SAVE], [NAMES, b"set charset latin1", SAVE]),
        # a server of this collection may be too old for it
        ([b"/*!80000 SET NAMES utf8mb4 */", SAVE], [b"/*!80000 SET NAMES utf8mb4 */", SAVE]),
        # it is another one: what was saved has to be there to be put back
        ([NAMES, SAVE, OTHER, RESTORE], [NAMES, SAVE, OTHER, RESTORE]),
        # after that it is known again by its name only
        ([NAMES, SAVE, OTHER, RESTORE, SAVE, CHANGE], [NAMES, SAVE, OTHER, RESTORE, SAVE, CHANGE]),
        ([NAMES, SAVE, OTHER, RESTORE, NAMES, SAVE, CHANGE], [NAMES, SAVE, OTHER, RESTORE, NAMES]),
        # something else comes between
        ([NAMES, SAVE, MODE, CHANGE, RESTORE], [NAMES, SAVE, MODE, CHANGE, RESTORE]),
        ([NAMES, MODE, SAVE, CHANGE, RESTORE, MODE], [NAMES, MODE, MODE]),
        # it was put back under another name
        ([NAMES, SAVE, b"SET character_set_client = @x"], [NAMES, SAVE, b"SET character_set_client = @x"]),
    ],
)
def test_only_what_changes_nothing_is_left_out(said: list, needed: list) -> None:
    charset = ClientCharset()
    assert [text for one in said for text in charset.needed(one)] == needed
