# Copyright (c) 2026 dbre.mysql_replica contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The output of a program, read here while the program writes it, with its exit status and its last words."""

import contextlib
import os
import subprocess
import tempfile
import threading
from typing import Any, Iterator, List, Optional

_LAST_WORDS = 2000  # bytes


class Producer:
    """A program at work. status: its exit status, None until all output was read or when it could not be started."""

    def __init__(self, argv: List[str], stdin: Optional[Any], messages: Any) -> None:
        self._argv = argv
        self._stdin = stdin
        self._messages = messages
        self.status: Optional[int] = None
        self._output, theirs = os.pipe()
        self._thread = threading.Thread(target=self._run, args=(theirs,), daemon=True)
        self._thread.start()

    def blocks(self, size: int) -> Iterator[bytes]:
        """Blocks of at most ``size`` bytes. When they are at their end, status and last_words are known."""
        yield from iter(lambda: os.read(self._output, size), b"")
        self._thread.join()

    @property
    def last_words(self) -> str:
        """What it wrote to its standard error, from the beginning, as much as a message can hold."""
        self._messages.seek(0)
        return str(self._messages.read(_LAST_WORDS).decode("utf-8", "replace").strip())

    def end(self) -> None:
        """Stop reading, which ends a program that is still writing, and wait for it."""
        os.close(self._output)
        self._thread.join()

    def _run(self, output: int) -> None:
        try:
            stdin = subprocess.DEVNULL if self._stdin is None else self._stdin
            done = subprocess.run(self._argv, stdin=stdin, stdout=output, stderr=self._messages, check=False)
            self.status = done.returncode
        except OSError as exc:
            self._messages.write(str(exc).encode("utf-8"))
        finally:
            os.close(output)  # our reader sees the end of the output only when nobody can write to it any more


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
