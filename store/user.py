"""The Unix user of this process."""

from __future__ import annotations

import os
import pwd


def user_name() -> str:
    """The user's name, or their number if the machine has no name for it."""
    return name_of(os.geteuid())


def name_of(uid: int) -> str:
    """A user's name, or the number if there is none; bytes that are not UTF-8 are replaced."""
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
    return os.fsencode(name).decode("utf-8", "replace")
