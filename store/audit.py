"""The audit log of a home: who changed, ran, stopped or deleted what, and when.

Append-only. One JSON object per line, one file per month, so that old files can be archived. It
never holds a secret.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actui.model.connection import Connection
from actui.model.difference import Change
from actui.model.errors import StorageError
from store.damage import read_file
from store.home import Home
from store.leftovers import remove_leftovers
from store.user import name_of, user_name

_ALWAYS = ("at", "user", "host", "action")
_OF_A_CHANGE = {field.name for field in fields(Change)}
_APPENDING = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
_NOBODY = 2**32 - 1
"""The kernel's login id of a process that was started without a login."""


class Audit:
    """The audit log of one home; `environ` names the person behind sudo or an SSH session."""

    def __init__(self, home: Home, environ: Mapping[str, str]) -> None:
        self._place = home.audit_dir
        self._environ = environ
        self._root = home.root

    def record(
        self,
        action: str,
        connection: Connection | None = None,
        changes: Sequence[Change] = (),
        **detail: Any,
    ) -> None:
        """Append a line and sync it to disk. Raises StorageError if it cannot be written.

        Empty values of `detail` are omitted. Temporary files of dead processes are removed from the
        home first, since every command that changes a home calls this.
        """
        remove_leftovers(self._root)
        at = datetime.now(UTC)
        line: dict[str, Any] = {"at": f"{at:%Y-%m-%dT%H:%M:%SZ}", **who(self._environ)}
        line["action"] = action
        if connection is not None:
            line |= {"connection": connection.name, "connection_id": connection.id}
        line |= {name: value for name, value in detail.items() if value}
        if changes:
            line["changes"] = [asdict(change) for change in changes]
        file = self._place / f"{at:%Y-%m}.jsonl"
        try:
            _append(file, json.dumps(line, ensure_ascii=False).encode(errors="backslashreplace"))
        except OSError as wrong:
            raise StorageError.of(file, wrong) from wrong

    def lines(self, connection: str | None = None) -> Iterator[dict[str, Any]]:
        """The lines, newest first; `connection` selects by name or id, also a deleted one.

        Lines that a crash cut off, or that have another shape, are omitted. Raises ConfigError if
        something other than a file is in the place of one.
        """
        for file in sorted(self._place.glob("*.jsonl"), reverse=True):
            for text in reversed(read_file(file).decode(errors="replace").splitlines()):
                try:
                    line = json.loads(text)
                except (ValueError, RecursionError):
                    continue
                if not _is_line(line):
                    continue
                if connection in (None, line.get("connection"), line.get("connection_id")):
                    yield line


def _is_line(line: Any) -> bool:
    if not isinstance(line, dict) or not isinstance(line.get("behind", {}), dict):
        return False
    changed = line.get("changes", [])
    return all(isinstance(line.get(name), str) for name in _ALWAYS) and (
        isinstance(changed, list)
        and all(isinstance(one, dict) and one.keys() >= _OF_A_CHANGE for one in changed)
    )


def who(environ: Mapping[str, str]) -> dict[str, Any]:
    """The user and host of this process and, as far as known, the person behind them.

    Several people may share one Unix user: sudo names its caller, the kernel who logged in, and
    sshd the client's address and, with its option ExposeAuthInfo, the key.
    """
    user = user_name()
    behind = {
        "login": _login(),
        "sudo": environ.get("SUDO_USER"),
        "ssh": environ.get("SSH_CONNECTION", "").partition(" ")[0],
        "key": _key(environ.get("SSH_USER_AUTH")),
    }
    known = {name: value for name, value in behind.items() if value and value != user}
    return {"user": user, "host": socket.gethostname()} | ({"behind": known} if known else {})


def _login() -> str | None:
    try:
        uid = int(Path("/proc/self/loginuid").read_text())
    except (OSError, ValueError):
        return None
    return None if uid == _NOBODY else name_of(uid)


def _key(file: str | None) -> str | None:
    """The fingerprint, as ssh-keygen prints it, of the key that opened the session."""
    if not file:
        return None
    try:
        for line in Path(file).read_text(encoding="utf-8").splitlines():
            method, _, rest = line.partition(" ")
            if method == "publickey":
                digest = hashlib.sha256(base64.b64decode(rest.split()[1])).digest()
                return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
    except (OSError, ValueError, IndexError):
        return None
    return None


def _append(file: Path, line: bytes) -> None:
    descriptor = os.open(file, _APPENDING, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        # a line that was cut off must not swallow this one
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        whole = (b"\n" if torn else b"") + line + b"\n"
        if os.write(descriptor, whole) < len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
