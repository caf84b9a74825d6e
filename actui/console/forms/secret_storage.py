"""Where secrets are kept on a machine without a key store (store/README.md §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from actui.console.forms.form import Ask, Choose, Option, Type
from actui.model.errors import ConfigError, CredentialsError
from actui.model.settings import ENCRYPTED_FILE, UNLOCK, Settings

_WAYS = (
    Option("encrypted", "In an encrypted file", f"opened by {UNLOCK}"),
    Option("file", "In a private file, in plain text", "only your own Unix user can read it"),
    Option("command", "A password command prints them", "such as pass or gpg"),
    Option("outside", "Nowhere", "the environment or systemd's credentials give them"),
)


class Keeping:
    """`change` keeps a setting; `again` saves the typed secrets once more.

    `elsewhere` hears that they are not to be kept here after all. `attempt` tries a password
    command and raises CredentialsError; `can_unlock` = the encrypted file's password is known.
    """

    def __init__(
        self,
        change: Callable[[Mapping[str, object]], Settings],
        *,
        again: Callable[[], None],
        elsewhere: Callable[[], None],
        variables: Sequence[str],
        attempt: Callable[[], None],
        can_unlock: bool,
    ) -> None:
        self._change = change
        self._again = again
        self._elsewhere = elsewhere
        self._variables = variables
        self._attempt = attempt
        self._can_unlock = can_unlock

    def ask(self, trouble: str) -> Choose:
        """Where the secrets shall be; `trouble` is why they were not kept."""
        return Choose(
            "Where shall the API key and the client secret be kept?",
            lambda: _WAYS,
            lambda chosen: self._chosen(chosen[0]),
            notice=trouble,
        )

    def _chosen(self, way: str) -> Ask | None:
        if way == "command":
            return Type(
                "Which command prints a secret as its first line?",
                "",
                self._command,
                "It learns from $ACTUI_SECRET which one is wanted. For instance: "
                'pass show "actui/$ACTUI_SECRET"',
            )
        if way == "outside":
            raise ConfigError(f"Then set {' and '.join(self._variables)} before a run; esc closes.")
        if way == "encrypted" and not self._can_unlock:
            raise ConfigError(f"Leave, set {UNLOCK} and start actui again; runs need it too.")
        changes: dict[str, object] = {"secrets_in_file": way == "file"}
        changes["keyring_backend"] = ENCRYPTED_FILE if way == "encrypted" else None
        self._change(changes)
        self._again()
        return None

    def _command(self, typed: str) -> None:
        if not typed.strip():
            raise ConfigError("Type a command, or press esc.")
        self._change({"password_command": typed.strip()})
        try:
            self._attempt()
        except CredentialsError as wrong:
            # kept, it would stand before every other place of every connection
            self._change({"password_command": None})
            raise ConfigError(wrong.message) from wrong
        self._elsewhere()
