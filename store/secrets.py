"""Where secrets are looked for and stored (store/README.md §5); never in a log, message or repr."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from pydantic import SecretStr

from actui.model.accounts import secret_variable
from actui.model.errors import CredentialsError
from actui.model.redaction import register_secret
from actui.model.secret import SecretName, cleaned_secret, needed_secret, secret_label
from actui.model.settings import ENCRYPTED_FILE, UNLOCK, Settings
from store.home import Home, is_there
from store.json_file import as_stored, documents
from store.key_store import KeyStore, NoKeyStoreError

_COMMAND_SECONDS = 3
_SECRETS_FILE = "the secrets file"
_UNATTENDED = ("ACTUI_HOME", "HOME", "LOGNAME", "USER", "PYTHONPATH")
"""The variables that cron leaves in an environment or that actui's lines for cron and systemd set.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A secret and its place, in words."""

    value: SecretStr
    source: str


class Secrets:
    """The look-up chain of one home. Unattended runs find what was stored from the console."""

    def __init__(self, home: Home, settings: Settings, environ: Mapping[str, str]) -> None:
        self._home = home
        self._settings = settings
        self._environ = environ
        self._stuck: tuple[float, CredentialsError] | None = None
        self._keystore = KeyStore(
            settings.keyring_backend, environ=environ, file=home.keyring_file, unlock=self._unlock()
        )
        self._place = (
            "the encrypted file" if settings.keyring_backend == ENCRYPTED_FILE else "the key store"
        )

    def _unlock(self) -> str:
        """The encrypted file's password, unstripped: it may begin with a blank."""
        file = self._credentials_file(UNLOCK)
        if UNLOCK not in self._environ and file and file.is_file():
            password = _first_line(_text(file))
        else:
            password = self._environ.get(UNLOCK, "")
        register_secret(password)
        # bytes that are not UTF-8 open nothing, and no key store can be handed them
        return password.encode("utf-8", "replace").decode()

    def try_key_store(self) -> str:
        """Ask the key store and return its name.

        Raises NoKeyStoreError if there is none, and CredentialsError as `find` does.
        """
        self._keystore.get("nobody")
        return self._place

    def unattended(self) -> Secrets:
        """The same chain in the environment of a cron job: no session bus, no shell's variables."""
        kept = {name: self._environ[name] for name in _UNATTENDED if name in self._environ}
        bare = {**kept, "ACTUI_HOME": str(self._home.root), "PATH": "/usr/bin:/bin"}
        return Secrets(self._home, self._settings, bare)

    def find(
        self, connection_name: str, connection_id: str, name: SecretName, origin: str
    ) -> Found | None:
        """The secret for `origin`, None if it is nowhere; blank ones are passed over.

        Raises CredentialsError if the stored one is for another origin, if no request can carry it,
        or if a password command or key store fails.
        """
        for text, source in self._places(
            secret_variable(connection_name, name), connection_id, name
        ):
            stored = source in (self._place, _SECRETS_FILE)
            value = _unsealed(text, origin, name) if text and stored else text
            if secret := cleaned_secret(name, value, source):
                return Found(secret, source)
        return None

    def _places(
        self, wanted: str, connection_id: str, name: SecretName
    ) -> Iterator[tuple[str, str]]:
        """The content of each place in the order of the look-up, and the place in words."""
        yield self._environ.get(wanted, ""), f"the environment ({wanted})"
        if (file := self._credentials_file(wanted)) and file.is_file():
            yield _text(file), "systemd's credentials"
        if self._settings.password_command:
            yield self._ask_command(wanted), "the password command"
        entry = f"{connection_id}:{name}"
        yield self._in_keystore(entry) or "", self._place
        yield self._in_file(entry), _SECRETS_FILE

    def _credentials_file(self, wanted: str) -> Path | None:
        directory = self._environ.get("CREDENTIALS_DIRECTORY")
        return Path(directory) / wanted if directory else None

    def _ask_command(self, wanted: str) -> str:
        """Run the password command and return its first line.

        A command that hung is not run again for 3 s, so that looking for two secrets waits only
        once. Raises CredentialsError if it fails or hangs.
        """
        if self._stuck is not None and monotonic() < self._stuck[0]:
            raise self._stuck[1]
        process = subprocess.Popen(  # noqa: S602  the user's own shell command, by their wish
            self._settings.password_command or "",
            shell=True,
            env={**self._environ, "ACTUI_SECRET": wanted},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            out, _ = process.communicate(timeout=_COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            # the shell alone would leave behind what it waits for
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout:
                process.stdout.close()  # what left the session may hold the other end for ever
            hung = CredentialsError(
                f"The password command did not end within {_COMMAND_SECONDS} s."
            )
            self._stuck = (monotonic() + _COMMAND_SECONDS, hung)
            raise hung from None
        if process.returncode:
            raise CredentialsError(f"The password command failed with code {process.returncode}.")
        # what a password manager prints begins with the secret
        return _first_line(out.lstrip("\ufeff\r\n\t "))

    def _in_keystore(self, entry: str) -> str | None:
        try:
            return self._keystore.get(entry)
        except NoKeyStoreError:
            return None

    def _in_file(self, entry: str) -> str:
        if not self._settings.secrets_in_file or not is_there(self._home.secrets_file):
            return ""
        with documents(file := self._home.secrets_file) as database, as_stored(file):
            found = [str(d["value"]) for d in database.all() if d["entry"] == entry]
        return found[0] if found else ""

    def save(
        self,
        connection_name: str,
        connection_id: str,
        name: SecretName,
        origin: str,
        value: SecretStr,
    ) -> str:
        """Store a secret, cleaned, for one origin and return the place in words.

        Raises CredentialsError if it is blank, if no request can carry it, or if this machine has
        no usable key store and no other place is set.
        """
        secret = needed_secret(name, value)
        entry = f"{connection_id}:{name}"
        sealed = json.dumps({"origin": origin, "secret": secret.get_secret_value()})
        try:
            self._keystore.set(entry, sealed)
        except NoKeyStoreError as missing:
            if not self._settings.secrets_in_file:
                wanted = secret_variable(connection_name, name)
                raise CredentialsError(
                    missing.message,
                    code=missing.code,
                    advice=f"Give the secret in {wanted} or systemd's "
                    "credentials, or say with actui settings set where it is kept: "
                    f"keyring_backend {ENCRYPTED_FILE}, password_command, or secrets_in_file true.",
                ) from None
            self._drop_from_file(entry)
            with documents(self._home.secrets_file) as database:
                database.insert({"entry": entry, "value": sealed})
            self._forget_backup()
            return _SECRETS_FILE
        return self._place

    def delete(self, connection_id: str, name: SecretName) -> bool:
        """Delete a stored secret and return whether there was one."""
        entry = f"{connection_id}:{name}"
        was_there = False
        with suppress(NoKeyStoreError):
            was_there = self._keystore.delete(entry)
        return self._drop_from_file(entry) or was_there

    def _drop_from_file(self, entry: str) -> bool:
        if not is_there(self._home.secrets_file):
            return False
        with documents(file := self._home.secrets_file) as database, as_stored(file):
            ids = [d.doc_id for d in database.all() if d["entry"] == entry]
            database.remove(doc_ids=ids)
        self._forget_backup()
        return bool(ids)

    def _forget_backup(self) -> None:
        """Delete the file's backup, in which a replaced or deleted secret would live on."""
        self._home.secrets_file.with_name(self._home.secrets_file.name + ".bak").unlink(
            missing_ok=True
        )


def _unsealed(text: str, origin: str, name: SecretName) -> str:
    try:
        kept = json.loads(text)
        bound, value = kept["origin"], str(kept["secret"])
    except (ValueError, KeyError, TypeError):
        raise CredentialsError(
            f"The stored {secret_label(name)} cannot be read; enter it again."
        ) from None
    if bound != origin:
        raise CredentialsError(
            f"The stored {secret_label(name)} was entered for {bound}, not for {origin}; "
            "enter it again.",
            code="other-origin",
        )
    return value


def _text(file: Path) -> str:
    """A file's text; bytes that are not UTF-8 become characters that no secret may hold."""
    return file.read_text(encoding="utf-8", errors="surrogateescape")


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0].rstrip("\r" + os.linesep)
