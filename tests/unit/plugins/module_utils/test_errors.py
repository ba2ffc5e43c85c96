# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A message says what was found, where, what was not touched and what to do next."""

import pytest

from ansible_collections.dbre.mysql_replica.plugins.module_utils import errors

FAMILY = [
    (errors.ReplicaError, "error"),
    (errors.BadInput, "bad_input"),
    (errors.Refused, "refused"),
    (errors.Busy, "busy"),
    (errors.ServerError, "server"),
    (errors.Interrupted, "interrupted"),
    (errors.NotReached, "not_reached"),
]


@pytest.mark.parametrize(("kind", "name"), FAMILY, ids=[name for _kind, name in FAMILY])
def test_all_are_one_family_with_a_kind_each(kind, name):
    raised = kind("it is broken", where="f:7", untouched="the rest", next_step="mend it", detail=[1])
    assert isinstance(raised, errors.ReplicaError)
    assert str(raised) == "it is broken (f:7). Not touched: the rest. Next: mend it."
    told = raised.as_result()
    assert told["msg"] == str(raised)
    assert told["error"]["kind"] == name
    assert told["error"]["found"] == "it is broken"
    assert told["error"]["where"] == "f:7"
    assert told["error"]["untouched"] == "the rest"
    assert told["error"]["next_step"] == "mend it"
    assert told["error"]["detail"] == [1]


def test_what_is_not_known_is_left_out_of_the_message():
    assert str(errors.ReplicaError("it is broken")) == "it is broken."


def test_no_sentence_ends_twice():
    assert str(errors.ReplicaError("Lost connection.", next_step="start it.")) == "Lost connection. Next: start it."


def test_the_server_s_number_goes_with_it():
    raised = errors.ServerError("gone", errno=2006, where="db1:3306")
    assert raised.errno == 2006
    assert raised.as_result()["error"]["errno"] == 2006
    assert errors.ServerError("no socket").errno == 0
