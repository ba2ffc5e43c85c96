# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The output of a program, read here while the program writes it, with its exit status and its last words.

AnsibleModule.run_command, which modules use otherwise, hands out the output only when it is complete, and in memory: no
way for a dump of terabytes.
"""

import contextlib
import os
import signal
import tempfile
from typing import Any, Iterator, List, Optional

_LAST_WORDS = 2000  # bytes
_NOT_STARTED = 127  # as a shell has it


class Producer:
    """A program at work. status: its exit status, below 0 for a signal, None until its output is at its end."""

    def __init__(self, argv: List[str], stdin: Optional[Any], messages: Any) -> None:
        self._messages = messages
        self.status: Optional[int] = None
        self._output, theirs = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _become(argv, stdin, theirs, messages)
        os.close(theirs)

    def blocks(self, size: int) -> Iterator[bytes]:
        """Blocks of at most ``size`` bytes. When they are at their end, status and last_words are known."""
        yield from iter(lambda: os.read(self._output, size), b"")
        self._wait()

    @property
    def last_words(self) -> str:
        """What it wrote to its standard error, from the beginning, as much as a message can hold."""
        return os.pread(self._messages.fileno(), _LAST_WORDS, 0).decode("utf-8", "replace").strip()

    def end(self) -> None:
        """Stop reading, which ends a program that is still writing, end one that is silent, and wait for it."""
        os.close(self._output)
        if self.status is None:
            os.kill(self._pid, signal.SIGTERM)  # ours, and not waited for yet: nobody else can have its number
        self._wait()

    def _wait(self) -> None:
        if self.status is None:
            status = os.waitpid(self._pid, 0)[1]
            self.status = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)


@contextlib.contextmanager
def producing(argv: List[str], stdin: Optional[Any] = None) -> Iterator[Producer]:
    """Run a program inside the ``with``; stdin is an open file, or None for nothing.

    It ends by its broken pipe when we stop reading, or when we are killed: it never outlives us.
    """
    with tempfile.TemporaryFile() as messages:
        producer = Producer(argv, stdin, messages)
        try:
            yield producer
        finally:
            producer.end()


def _become(argv: List[str], stdin: Optional[Any], output: int, messages: Any) -> None:
    """In the child: take the three streams and turn into the program. Never returns."""
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        for stream, number in ((nothing if stdin is None else stdin.fileno(), 0), (output, 1), (messages.fileno(), 2)):
            os.dup2(stream, number)
        # Python has the signal ignored, and a program would inherit that and write on.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execvp(argv[0], argv)
    except OSError as exc:
        os.write(2, ("%s: %s" % (argv[0], exc.strerror)).encode("utf-8"))
    finally:
        os._exit(_NOT_STARTED)
