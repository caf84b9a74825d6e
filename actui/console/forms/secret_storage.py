"""The question where secrets are stored on a machine without a key store (store/README.md §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from actui.console.forms.form import Ask, Choose, Option, Type
from actui.model.errors import ConfigError, CredentialsError
from actui.model.settings import UNLOCK, SecretPlace, Settings, settings_of

_OUTSIDE = "outside"
_OPTIONS = (
    Option(SecretPlace.ENCRYPTED_FILE, "In an encrypted file", f"opened by {UNLOCK}"),
    Option(
        SecretPlace.PRIVATE_FILE,
        "In a private file, in plain text",
        "only your own Unix user can read it",
    ),
    Option(SecretPlace.PASSWORD_COMMAND, "A password command prints them", "such as pass or gpg"),
    Option(_OUTSIDE, "Nowhere", "the environment or systemd's credentials give them"),
)


class SecretStorageQuestion:
    """Asks where to store secrets and acts on the answer.

    `change` stores settings; `save_again` saves the typed secrets under them. `stored_elsewhere` is
    called once a password command supplies the secrets, so that nothing is left to store.
    `try_command` raises CredentialsError for a command that prints no secret; `variables` are the
    environment variables that can supply them; `can_unlock` = the encrypted file's password is set.
    """

    def __init__(
        self,
        change: Callable[[Mapping[str, object]], Settings],
        *,
        save_again: Callable[[], None],
        stored_elsewhere: Callable[[], None],
        variables: Sequence[str],
        try_command: Callable[[], None],
        can_unlock: bool,
    ) -> None:
        self._change = change
        self._save_again = save_again
        self._stored_elsewhere = stored_elsewhere
        self._variables = variables
        self._try_command = try_command
        self._can_unlock = can_unlock

    def ask(self, trouble: str) -> Choose:
        """The question; `trouble` is why the secrets could not be stored."""
        return Choose(
            "Where shall the API key and the client secret be kept?",
            lambda: _OPTIONS,
            lambda chosen: self._chosen(chosen[0]),
            notice=trouble,
        )

    def _chosen(self, option: str) -> Ask | None:
        if option == _OUTSIDE:
            raise ConfigError(f"Then set {' and '.join(self._variables)} before a run; esc closes.")
        place = SecretPlace(option)
        if place is SecretPlace.PASSWORD_COMMAND:
            return Type(
                "Which command prints a secret as its first line?",
                "",
                self._command,
                "It learns from $ACTUI_SECRET which one is wanted. For instance: "
                'pass show "actui/$ACTUI_SECRET"',
            )
        if place is SecretPlace.ENCRYPTED_FILE and not self._can_unlock:
            raise ConfigError(f"Leave, set {UNLOCK} and start actui again; runs need it too.")
        self._change(settings_of(place))
        self._save_again()
        return None

    def _command(self, typed: str) -> None:
        if not typed.strip():
            raise ConfigError("Type a command, or press esc.")
        self._change(settings_of(SecretPlace.PASSWORD_COMMAND, typed.strip()))
        try:
            self._try_command()
        except CredentialsError as wrong:
            # kept, it would stand before every other place of every connection
            self._change(settings_of(SecretPlace.PASSWORD_COMMAND, ""))
            raise ConfigError(wrong.message) from wrong
        self._stored_elsewhere()
