"""Commands of actui in processes of their own that need not load the program first.

Loading is nearly all that most commands need the processor for. One server of `multiprocessing`
a test run loads it once (`preloaded`) and forks itself for each command. Such a process has its
own environment, folder, standard streams, terminal and exit code. It has not what the interpreter
reads from the environment at its start, as the encoding of the streams: tests about that, about
signals at any moment and about loading itself start an interpreter (`ACTUI` in `processes`).
"""

from __future__ import annotations

import ctypes
import fcntl
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import connection
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import IO, Any

from tests.canary import check

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.process.preloaded"])
_ASKING = threading.Lock()
"""Held by the thread that asks for exit codes: starting a process asks for those of all others,
and of two threads that ask for the same one at once, one is told 255."""


class Forked:
    """A command that runs; the part of `subprocess.Popen` that tests use.

    `first` is called in the process before the command, and may be no part of a test module,
    which the process would have to load.
    """

    def __init__(
        self,
        words: Sequence[str],
        environ: Mapping[str, str] | None = None,
        *,
        streams: Sequence[IO[Any] | int],
        cwd: Path | None = None,
        first: Callable[[], None] | None = None,
    ) -> None:
        place = (dict(os.environ if environ is None else environ), str(cwd or Path.cwd()))
        self._process = _CONTEXT.Process(
            target=_carry_out,
            args=(list(words), *place, _Streams(streams), first),
            daemon=True,
        )
        with _ASKING:
            self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    stdout: IO[str] | None = None

    @property
    def returncode(self) -> int | None:
        """Its exit code; negative for a signal, None while it runs."""
        with _ASKING:
            return self._process.exitcode

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit code. Raises TimeoutExpired."""
        connection.wait([self._process.sentinel], timeout)
        if (code := self.returncode) is None:
            raise subprocess.TimeoutExpired("actui", timeout or 0)
        return code

    def communicate(self) -> tuple[str, None]:
        """What it prints to its end, searched for secrets."""
        assert self.stdout is not None
        with self.stdout as printed:
            text = printed.read()
        self.wait()
        check(text, "the output of a command")
        return text, None

    def send_signal(self, number: int) -> None:
        """Send a signal to a process that still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def start(*words: str, environ: Mapping[str, str] | None = None) -> Forked:
    """A command, started; its standard output is a pipe, nothing else is kept."""
    reading, writing = os.pipe()
    with open(os.devnull, "r+") as nothing:  # noqa: PTH123
        process = Forked(words, environ, streams=(nothing, writing, nothing))
    os.close(writing)
    process.stdout = open(reading)  # noqa: PTH123, SIM115  for as long as it is read
    return process


def run(
    *words: str,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str = "",
    first: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[str]:
    """A command to its end, with what it printed, which is searched for secrets."""
    done = run_bytes(*words, environ=environ, cwd=cwd, stdin=stdin.encode(), first=first)
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def run_bytes(
    *words: str,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: bytes = b"",
    first: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """The same where bytes matter that are no text."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(stdin)
        given.seek(0)
        process = Forked(words, environ, streams=(given, out, err), cwd=cwd, first=first)
        code = process.wait()
        for printed in (out, err):
            printed.seek(0)
        done = subprocess.CompletedProcess(["actui", *words], code, out.read(), err.read())
    for text in (done.stdout, done.stderr):
        check(text, f"the output of {words!r:.200}")
    return done


def take_terminal() -> None:
    """Begin a session whose terminal is standard input; a hang-up goes to the one that took it."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def drop_privileges() -> None:
    """Keep root from what its rights as an owner do not allow (capabilities(7))."""
    libc, drop = ctypes.CDLL(None), 24
    names = {"dac_override": 1, "dac_read_search": 2, "fowner": 3}
    for number in names.values():
        libc.prctl(drop, number, 0, 0, 0)  # for what this process executes
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    held = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, in two halves
    assert libc.capget(header, held) == 0
    kept = ~sum(1 << number for number in names.values()) & 0xFFFFFFFF
    for index in range(3):
        held[index] &= kept
    assert libc.capset(header, held) == 0


class _Streams:
    """Standard input, output and error on their way into a process."""

    def __init__(self, streams: Sequence[IO[Any] | int]) -> None:
        self._numbers = [one if isinstance(one, int) else one.fileno() for one in streams]

    def __getstate__(self) -> list[Any]:
        return [DupFd(number) for number in self._numbers]

    def __setstate__(self, passed: list[Any]) -> None:
        self._passed = passed

    def take(self) -> None:
        """Make them those of this process."""
        for number, passed in enumerate(self._passed):
            taken = passed.detach()
            os.dup2(taken, number)
            os.close(taken)
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            stream = _opened(number, getattr(sys, f"__{name}__"))
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _opened(number: int, like: Any) -> Any:
    """A stream as the interpreter opens it."""
    return open(
        number,
        "r" if number == 0 else "w",
        buffering=1 if number == 2 or os.isatty(number) else -1,
        encoding=like.encoding,
        errors=like.errors,
        closefd=False,
    )


def _carry_out(
    words: list[str],
    environ: dict[str, str],
    cwd: str,
    streams: _Streams,
    first: Callable[[], None] | None,
) -> None:
    """`python -m actui`, from where the program is loaded."""
    from actui.cli import main

    streams.take()
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(cwd)
    sys.argv = ["actui", *words]
    if first is not None:
        first()
    sys.exit(main())
