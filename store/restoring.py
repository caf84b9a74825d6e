"""Move restored files into a home, completely even if the power fails.

Restored files wait in a folder of the home. Once that folder has its final name, the restore has
happened: the next process that opens the home moves the rest.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from store.json_file import sync_directory

READY = ".restored"
_ABSENT = ".absent"
_SECONDS = 60
DOCUMENTS = ("connections.json", "settings.json", "turns.json", "notices.json")
FOLDERS = ("runs", "ledgers", "audit")
FORGOTTEN = ("forgotten.db", "forgotten.key")
MANAGED = (*DOCUMENTS, *(f"{name}.bak" for name in DOCUMENTS), *FORGOTTEN, *FOLDERS)
"""What a restoration replaces; secrets, logs, locks and pace files stay as they are."""


def get_ready(staged: Path, keep: frozenset[str]) -> None:
    """Give a restored folder its final name; files named in `keep` stay as the home has them."""
    for name in MANAGED:
        if name not in keep and not (staged / name).exists():
            (staged / (name + _ABSENT)).touch()
    (staged / f"replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}").mkdir(mode=0o700)
    sync_directory(staged)
    staged.rename(staged.with_name(READY))
    sync_directory(staged.parent)


def finish_restoring(root: Path) -> Path | None:
    """Finish a restore that has happened; the folder of the replaced files, None if there was none.

    Can be repeated after a crash at any step.
    """
    ready = root / READY
    if not ready.is_dir():
        return None
    (root / "locks").mkdir(mode=0o700, exist_ok=True)
    with FileLock(root / "locks" / "restore.lock", timeout=_SECONDS, mode=0o600):
        if not ready.is_dir():
            return None
        replaced = next(ready.glob("replaced-*"), None)
        # without that folder everything has been moved already
        for name in MANAGED if replaced is not None else ():
            new, absent, old = ready / name, ready / (name + _ABSENT), root / name
            if not new.exists() and not absent.exists():
                continue
            if replaced and old.exists():
                old.rename(replaced / name)
            if new.exists():
                new.rename(old)
            absent.unlink(missing_ok=True)
        sync_directory(root)
        kept = None
        if replaced is not None and any(one.is_file() for one in replaced.rglob("*")):
            kept = replaced.rename(root / replaced.name)
        shutil.rmtree(ready)
        sync_directory(root)
        return kept
