"""Who this process belongs to."""

from __future__ import annotations

import os
import pwd


def user_name() -> str:
    """The user of this process, by the number where the machine has no name for it."""
    return name_of(os.geteuid())


def name_of(uid: int) -> str:
    """A user's name; what is not UTF-8 in it is replaced."""
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
    return os.fsencode(name).decode("utf-8", "replace")
