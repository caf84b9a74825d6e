"""The machine's key store through keyring, in a process that can be given up on.

A locked collection makes keyring wait for a prompt that nobody sees (terminal.md §4), and a
Python thread that waits cannot be ended; so every call runs in a child with a limit of 3 s.
"""

from __future__ import annotations

import json
import subprocess
import sys

from actui.model.errors import CredentialsError

SERVICE = "actui"
SECONDS = 3
_REFUSED = ("null", "fail", "plaintext")


class NoKeyStoreError(CredentialsError):
    """This machine has no key store that keeps secrets safely."""

    default_code = "no-key-store"


_CHILD = """
import importlib, json, sys
asked = json.load(sys.stdin)
import keyring
name = asked["backend"]
if name:
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
        except keyring.errors.PasswordDeleteError:
            pass
except (keyring.errors.NoKeyringError, keyring.errors.InitError):
    answer = {"missing": ", ".join(names)}
except keyring.errors.KeyringLocked:
    answer = {"locked": True}
json.dump(answer, sys.stdout)
"""


class KeyStore:
    """Secrets by entry. Every call raises NoKeyStoreError where there is no safe key store."""

    def __init__(self, backend: str | None = None) -> None:
        self._backend = backend

    def get(self, entry: str) -> str | None:
        """The secret of an entry. Raises CredentialsError when the key store is locked."""
        value = self._call("get", entry).get("value")
        return value if isinstance(value, str) else None

    def set(self, entry: str, value: str) -> None:
        """Keep a secret; it is read back, for there are backends that lose it silently."""
        if not self._call("set", entry, value).get("kept"):
            raise NoKeyStoreError("The key store of this machine did not keep the secret.")

    def delete(self, entry: str) -> None:
        """Forget a secret."""
        self._call("delete", entry)

    def _call(self, do: str, entry: str, value: str = "") -> dict[str, object]:
        asked = {
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
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CredentialsError(
                "The key store did not answer within 3 s: it is locked. Unlock it, or give the "
                "secret in the environment.",
                code="key-store-locked",
            ) from None
        try:
            answer: dict[str, object] = json.loads(done.stdout)
        except ValueError:
            raise NoKeyStoreError("The key store of this machine does not work.") from None
        if answer.get("locked"):
            raise CredentialsError("The key store is locked; unlock it.", code="key-store-locked")
        if "missing" in answer:
            raise NoKeyStoreError("This machine has no key store that keeps secrets safely.")
        return answer
