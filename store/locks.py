"""The lock that allows one run per connection; the operating system frees it with the process.

The flock is actui's own, as filelock has neither the holder's name nor a way to probe.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from actui.model.errors import BusyError, ConfigError
from store.home import is_there
from store.user import user_name
from store.write_errors import UNWRITABLE

_TRIES = 5
_PAUSE = 0.02
"""Seconds between attempts: a probe holds the lock for an instant, so one refusal means nothing."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that runs a connection."""

    user: str
    host: str
    pid: int
    since: str


class RunLock:
    """One connection's run lock."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for a block. Raises BusyError that names the holder and since when."""
        descriptor = self._try_to_lock()
        if descriptor is None:
            raise BusyError(self._sentence())
        try:
            me = Holder(
                user_name(),
                socket.gethostname(),
                os.getpid(),
                datetime.now(UTC).isoformat(timespec="seconds"),
            )
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(me)).encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def _try_to_lock(self, tries: int = _TRIES) -> int | None:
        # not inherited by children: a lock must die with the run
        try:
            descriptor = os.open(
                self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
        except OSError as wrong:
            if wrong.errno in UNWRITABLE and tries == 1:
                return self._try_to_lock_unwritable()
            raise ConfigError(f"{self._path} cannot be opened: {wrong.strerror}.") from wrong
        try:
            for attempt in range(tries):
                if _is_locked(descriptor):
                    return descriptor
                if attempt + 1 < tries:
                    time.sleep(_PAUSE)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def _try_to_lock_unwritable(self) -> int | None:
        """Probe the lock of a home that cannot be written; a run can never hold it this way."""
        descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        if _is_locked(descriptor):
            return descriptor
        os.close(descriptor)
        return None

    def is_held(self) -> bool:
        """Whether a live process runs the connection."""
        if not is_there(self._path):
            return False
        descriptor = self._try_to_lock(tries=1)
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def holder(self) -> Holder | None:
        """The process that holds the lock; None if it is free."""
        if not self.is_held():
            return None
        try:
            return Holder(**json.loads(self._path.read_text()))
        except (ValueError, TypeError, OSError):
            return None

    def _sentence(self) -> str:
        holder = self.holder()
        if holder is None:
            return "Another process runs this connection."
        return (
            f"This connection is already running: process {holder.pid} of {holder.user} on "
            f"{holder.host}, since {holder.since}."
        )


def _is_locked(descriptor: int) -> bool:
    """Try to take the lock without waiting; True if it was taken."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
