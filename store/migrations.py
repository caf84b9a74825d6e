"""Numbered steps from older documents to the current form; the file before a step is kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from actui.model.errors import ConfigError

Tables = dict[str, dict[str, Any]]
STEPS: tuple[Callable[[Tables], Tables], ...] = ()
"""Step n takes documents of version n + 1 to version n + 2."""

LATEST = len(STEPS) + 1


def migrated(tables: Tables, version: int, path: Path) -> Tables:
    """The documents in the current form. Raises ConfigError if a newer actui wrote them."""
    if version > LATEST:
        raise ConfigError(f"{path} was written by a newer actui; update this one.")
    for number in range(version, LATEST):
        copy = path.with_name(f"{path.name}.v{number}")
        shutil.copyfile(path, copy)
        copy.chmod(0o600)
        tables = STEPS[number - 1](tables)
    return tables
