"""The sandbox's state in a file, so that a restart has the same ports, keys and rows.

A connection is bound to the addresses of its accounts: after a restart with other ports it would
ask for its secrets again.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from pathlib import Path

from actui.sandbox.world import World

FORMAT = "actui sandbox state 2\n"
PLAIN = {
    ("array", "array"),
    ("array", "_array_reconstructor"),
    ("builtins", "set"),
    ("builtins", "frozenset"),
    ("collections", "defaultdict"),
    ("collections", "Counter"),
    ("collections", "deque"),
}


class _OwnRows(pickle.Unpickler):
    """Reads rows of the sandbox and plain collections; a foreign file cannot run anything."""

    def find_class(self, module: str, name: str) -> object:
        if module.startswith("actui.sandbox.") and "." not in name or (module, name) in PLAIN:
            found = super().find_class(module, name)
            if isinstance(found, type) or (module, name) in PLAIN:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} does not belong in the sandbox's state")


def read(path: Path) -> World | None:
    """The world in the file, None without one; ValueError when it cannot be used."""
    try:
        with path.open("rb") as file:
            if file.readline() != FORMAT.encode():
                raise ValueError(f"{path} is not a state of this version of the sandbox.")
            found = _OwnRows(file).load()
    except FileNotFoundError:
        return None
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError) as wrong:
        raise ValueError(f"{path} cannot be read as the sandbox's state: {wrong}.") from wrong
    if not isinstance(found, World):
        raise ValueError(f"{path} is not a state of the sandbox.")
    return found


def write(path: Path, world: World) -> None:
    """Put the world into the file, whole or not at all, readable by its owner alone."""
    handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(FORMAT.encode())
            pickle.dump(world, file, protocol=5)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
