"""The machine's key store through keyring, in a child process with a time limit.

A locked collection makes keyring wait for a prompt that nobody sees (store/README.md §5), and a
Python thread cannot be ended, so each call runs in a child. Its limit of 3 s begins once the child
is ready, because starting takes long on a host where many runs start at once.

The encrypted file is keyrings.cryptfile's, named explicitly because another key store would win
otherwise. Its default key derivation takes seconds per call; ours is RFC 9106's for machines with
little memory.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from filelock import FileLock, Timeout

from actui.model.errors import CredentialsError
from actui.model.settings import ENCRYPTED_FILE, UNLOCK

SERVICE = "actui"
SECONDS = 3
FILE_SECONDS = 60
"""The limit for the encrypted file, which waits for no prompt but takes computing time."""
_START_SECONDS = 20
_REFUSED = ("null", "fail", "plaintext")


class NoKeyStoreError(CredentialsError):
    """This machine has no key store that stores secrets safely."""

    default_code = "no-key-store"


_CHILD = """
import importlib, json, os, shutil, signal, sys
asked = json.load(sys.stdin)
os.umask(0o077)
import keyring
# it ends this process, whatever it waits for
signal.setitimer(signal.ITIMER_REAL, asked["seconds"])
name, file = asked["backend"], asked["file"]
if file:
    from keyrings.cryptfile.cryptfile import CryptFileKeyring
    backend = CryptFileKeyring()
    backend.time_cost, backend.parallelism = 3, 4
    backend.file_path = file
    if asked["do"] != "get":
        # it writes in place: a copy, which replaces the file whole
        backend.file_path = file + ".tmp"
        if os.path.exists(file):
            shutil.copyfile(file, backend.file_path)
    elif not os.path.exists(file):
        json.dump({}, sys.stdout)
        raise SystemExit
    try:
        backend.keyring_key = asked["unlock"]
    except ValueError:
        json.dump({"closed": True}, sys.stdout)
        raise SystemExit
    keyring.set_keyring(backend)
elif name:
    module, _, kind = name.rpartition(".")
    keyring.set_keyring(getattr(importlib.import_module(module), kind)())
backend = keyring.get_keyring()
inner = getattr(backend, "backends", None)
kinds = [type(b) for b in (inner if inner is not None else [backend])]
names = [(k.__module__ + "." + k.__qualname__).lower() for k in kinds]
bad = [n for n in names if any(word in n for word in asked["refused"])]
if not names or len(bad) == len(names) or (bad and not name):
    json.dump({"missing": ", ".join(names)}, sys.stdout)
    raise SystemExit
service, entry, value = asked["service"], asked["entry"], asked["value"]
answer = {}
try:
    if asked["do"] == "get":
        answer["value"] = keyring.get_password(service, entry)
    elif asked["do"] == "set":
        keyring.set_password(service, entry, value)
        answer["kept"] = keyring.get_password(service, entry) == value
    else:
        try:
            keyring.delete_password(service, entry)
            answer["deleted"] = True
        except keyring.errors.PasswordDeleteError:
            pass
except (keyring.errors.NoKeyringError, keyring.errors.InitError):
    answer = {"missing": ", ".join(names)}
except keyring.errors.KeyringLocked:
    answer = {"locked": True}
if file and asked["do"] != "get":
    os.replace(backend.file_path, file)
json.dump(answer, sys.stdout)
"""


class KeyStore:
    """Secrets by entry. Every call raises NoKeyStoreError if there is no safe key store.

    `environ` is the environment in which the key store is looked for; `file` and `unlock` are the
    encrypted file and its password, used where `backend` names it. A key store that was locked or
    missing is not asked again for 3 s, so that looking for two secrets waits only once.
    """

    def __init__(
        self,
        backend: str | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        file: Path | None = None,
        unlock: str = "",
    ) -> None:
        self._backend = backend
        self._environ = None if environ is None else dict(environ)
        self._file = file if backend == ENCRYPTED_FILE else None
        self._unlock = unlock
        self._failed: tuple[float, CredentialsError] | None = None

    def get(self, entry: str) -> str | None:
        """The secret of an entry; None if there is none. Raises CredentialsError if locked."""
        value = self._call("get", entry).get("value")
        return value if isinstance(value, str) else None

    def set(self, entry: str, value: str) -> None:
        """Store a secret and read it back, because some backends lose it silently."""
        if not self._call("set", entry, value).get("kept"):
            raise NoKeyStoreError("The key store of this machine did not keep the secret.")

    def delete(self, entry: str) -> bool:
        """Delete a secret and return whether there was one."""
        return bool(self._call("delete", entry).get("deleted"))

    def _call(self, do: str, entry: str, value: str = "") -> dict[str, object]:
        if self._failed is not None and monotonic() < self._failed[0]:
            raise self._failed[1]
        try:
            if self._file is None:
                return self._ask(do, entry, value)
            if not self._unlock.strip():
                needed = f"The encrypted file needs its password in {UNLOCK}."
                if do != "delete" and self._file.exists():
                    raise CredentialsError(needed, code="key-store-locked")
                raise NoKeyStoreError(needed)
            if do == "get":  # the file is only ever replaced whole
                return self._ask(do, entry, value)
            with FileLock(f"{self._file}.lock", timeout=FILE_SECONDS, mode=0o600):
                return self._ask(do, entry, value)
        except Timeout:
            raise CredentialsError("The encrypted file is held by another process.") from None
        except CredentialsError as failed:
            # whether there is an encrypted file is found out without a process
            if self._file is None or not isinstance(failed, NoKeyStoreError):
                self._failed = (monotonic() + SECONDS, failed)
            raise

    def _ask(self, do: str, entry: str, value: str) -> dict[str, object]:
        seconds = SECONDS if self._file is None else FILE_SECONDS
        asked = {
            "seconds": seconds,
            "file": None if self._file is None else str(self._file),
            "unlock": self._unlock,
            "do": do,
            "service": SERVICE,
            "entry": entry,
            "value": value,
            "backend": self._backend,
            "refused": _REFUSED,
        }
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-c", _CHILD],
                input=json.dumps(asked),
                env=self._environ,
                capture_output=True,
                text=True,
                timeout=_START_SECONDS + seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._silent() from None
        if done.returncode == -signal.SIGALRM:
            raise self._silent()
        try:
            answer: dict[str, object] = json.loads(done.stdout)
        except ValueError:
            raise NoKeyStoreError("The key store of this machine does not work.") from None
        if answer.get("locked"):
            raise CredentialsError("The key store is locked; unlock it.", code="key-store-locked")
        if answer.get("closed"):
            raise CredentialsError(
                f"The password in {UNLOCK} does not open {self._file}.", code="key-store-locked"
            )
        if "missing" in answer:
            raise NoKeyStoreError("This machine has no key store that keeps secrets safely.")
        return answer

    def _silent(self) -> CredentialsError:
        if self._file is not None:
            message = f"The encrypted file was not open within {FILE_SECONDS} s."
            return CredentialsError(message, code="key-store-locked")
        return CredentialsError(
            f"The key store did not answer within {SECONDS} s: it is locked. Unlock it, or give "
            "the secret in the environment.",
            code="key-store-locked",
        )
