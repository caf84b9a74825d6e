"""Remove temporary files of processes that died while they wrote to a home."""

from __future__ import annotations

import os
import re
import stat
import time
from contextlib import suppress
from pathlib import Path

_TEMPORARY = re.compile(r"\..+\.([1-9][0-9]*)\.tmp(?:-journal|-wal|-shm)?\Z")
_OLD_SECONDS = 600
"""Writing one takes seconds. A process in another container has no number here and looks dead, so a
file must also be this old."""


def remove_leftovers(root: Path, now: float | None = None) -> None:
    """Remove temporary files of dead processes below a home; links are not followed.

    A file stays if it belongs to another user, changed within ten minutes before `now` (Unix
    seconds, by default the present) or later, if its process lives, or if it cannot be removed.
    """
    present = time.time() if now is None else now
    for place, _, names in os.walk(root):
        for name in names:
            named = _TEMPORARY.match(name)
            if named is None:
                continue
            path = Path(place) / name
            with suppress(OSError):
                if _is_left(path.lstat(), present) and _is_dead(int(named[1])):
                    path.unlink()


def _is_left(kind: os.stat_result, now: float) -> bool:
    is_own = stat.S_ISREG(kind.st_mode) and kind.st_uid == os.geteuid()
    # a further name of an old file is as young as the moment it was given
    return is_own and now - max(kind.st_mtime, kind.st_ctime) >= _OLD_SECONDS


def _is_dead(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
