"""Close a home to other users, and refuse what they could have put there.

On each opening, before anything is read, folders become 0700 and files 0600. A home or file of
another user is refused, and so is a symbolic link, which could lead a write anywhere. Settings that
name something to run are removed from a home that others could write to, since nobody knows who put
them there.
"""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from actui.model.errors import ConfigError
from actui.model.settings import ENCRYPTED_FILE
from store.user import name_of

FOREIGN = "not-your-home"
_CLOSED_TO_OTHERS = 0o077
_WRITABLE_BY_OTHERS = 0o022
_LOG = logging.getLogger("actui.home")
_RUNS_SOMETHING = ("password_command", "keyring_backend")
"""Settings that name a command or code: what they name runs as whoever opens the home."""


def close_home(root: Path, settings_file: Path) -> None:
    """Close one's own home and log it if it was open.

    Raises ConfigError if the home, or something in it, belongs to another user, or if a symbolic
    link is in it. The home itself may be reached through a link of one's own.
    """
    link, kind = root.lstat(), root.stat()
    for one in (link, kind):
        # a link that the administrator made leads where they wanted
        if one.st_uid != os.geteuid() and not (one is link and _is_link(one) and one.st_uid == 0):
            raise _foreign(root, one.st_uid, "Set ACTUI_HOME to a folder of your own")
    if not stat.S_ISDIR(kind.st_mode):
        raise ConfigError(f"{root} cannot be a home: it is no folder.")
    is_suspect = any(mode & _WRITABLE_BY_OTHERS for mode in _modes(root, settings_file))
    taken = is_suspect and _remove_commands(settings_file)
    closed = [path for path in _all(root) if _closed(path)]
    # once more: it could be written to until the folder was closed
    taken = (is_suspect and _remove_commands(settings_file)) or taken
    if any(mode & _WRITABLE_BY_OTHERS for mode in _modes(root, settings_file)):
        raise ConfigError(
            f"{root} can be changed by other users of this machine, and its disk does not let "
            "actui close it. Set ACTUI_HOME to a folder that only you can open.",
            code=FOREIGN,
        )
    if closed:
        could = "be changed" if is_suspect else "be opened"
        _LOG.warning(
            "The home %s could %s by other users of this machine. It is closed now: only you can "
            "open its folders (0700) and files (0600).",
            root,
            could,
        )
    if taken:
        _LOG.warning(
            "The settings %s were removed, because somebody else could have set them. Set them "
            "again if they were yours: actui settings set",
            " and ".join(_RUNS_SOMETHING),
        )


def _foreign(path: Path, uid: int, advice: str) -> ConfigError:
    return ConfigError(f"{path} belongs to {name_of(uid)}. {advice}.", code=FOREIGN)


def _is_link(kind: os.stat_result) -> bool:
    return stat.S_ISLNK(kind.st_mode)


def _modes(*paths: Path) -> Iterator[int]:
    for path in paths:
        try:
            yield path.stat().st_mode
        except FileNotFoundError:
            continue


def _all(root: Path) -> Iterator[Path]:
    """The home and everything in it, each folder before its content so that it is closed first.

    Raises ConfigError for a link or another user's file.
    """
    yield root
    waiting = [root]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except FileNotFoundError:
            continue
        for entry in entries:
            path = Path(entry.path)
            try:
                kind = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # a temporary file that another process has just replaced
            if _is_link(kind):
                raise ConfigError(
                    f"{path} is a symbolic link, and none is followed in a home. "
                    "Move what it leads to into its place.",
                    code="link-in-home",
                )
            if kind.st_uid != os.geteuid():
                raise _foreign(path, kind.st_uid, "Everything in a home must be its owner's")
            yield path
            if stat.S_ISDIR(kind.st_mode):
                waiting.append(path)


def _closed(path: Path) -> bool:
    """Close a file or folder and return whether it was open. A read-only disk stays as it is."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if not mode & _CLOSED_TO_OTHERS:
            return False
        path.chmod(mode & ~_CLOSED_TO_OTHERS)
    except OSError:
        return False
    return True


def _remove_commands(settings_file: Path) -> bool:
    """Remove settings that name something to run, also from the backup; whether there were any."""
    found = False
    for path in (settings_file, settings_file.with_name(settings_file.name + ".bak")):
        try:
            tables = json.loads(_own_text(path))
            documents = [one for table in tables.values() for one in table.values()]
            named = [(one, key) for one in documents for key in _names_of_commands(one)]
        except (OSError, ValueError, AttributeError, RecursionError):
            continue  # what cannot be read is not used either
        for one, key in named:
            one[key] = None
        if named:
            found = True
            with suppress(OSError):  # a disk that is read-only cannot be closed either
                _replace(path, json.dumps(tables, ensure_ascii=False, indent=1))
    return found


def _names_of_commands(document: Any) -> list[str]:
    """The settings of a document that run something; actui's own encrypted file does not."""
    if not isinstance(document, dict):
        return []
    return [key for key in _RUNS_SOMETHING if document.get(key) not in (None, ENCRYPTED_FILE)]


def _own_text(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="utf-8") as file:
        return file.read()


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
