"""Damaged files of a home: how they are reported, and reading files without blocking on a pipe."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from actui.model.errors import DamagedError

_NO_COPY = (
    "There is no good copy of it in this home: restore a backup (actui restore), "
    "or move the file away to start without it."
)


def damaged(
    path: Path, trouble: str, copy: Path | None = None, *, advice: str = ""
) -> DamagedError:
    """The error for a damaged file; `trouble` describes the damage, `copy` is the last good copy.

    `advice` replaces the default suggestion if there is no copy.
    """
    if copy is not None:
        advice = f"Its last good copy is {copy}; copy it over the damaged file to go back to it."
    return DamagedError(f"{path} is damaged: {trouble}.", advice=advice or _NO_COPY)


def read_file(path: Path, most: int = -1) -> bytes:
    """The content of a regular file, or its first `most` bytes, without waiting for a pipe.

    Raises FileNotFoundError if it is missing, DamagedError if it is anything but a file, and
    OSError if it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise damaged(path, "there is something else than a file in its place")
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most)


def is_good(path: Path, check: Callable[[bytes], object]) -> bool:
    """Whether the file exists and `check` accepts its content without raising."""
    try:
        check(read_file(path))
    except (OSError, DamagedError, ValueError, LookupError, TypeError, RecursionError):
        return False
    return True
