"""Asks at a terminal where to store secrets on a machine without a key store."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from actui.commands.prompts import ask, ask_hidden
from actui.context.context import AppContext
from actui.model.errors import ConfigError, CredentialsError
from actui.model.settings import ENCRYPTED_FILE, UNLOCK, SecretPlace, settings_of

_WAYS = """\
Where shall secrets be kept?
  1  in an encrypted file, which a password opens
  2  in a password manager, which a command asks
  3  in a private file (0600), as plain text
Whatever starts runs can also hand them over: the environment, or systemd's
credentials. See: actui secret status NAME"""
_PLACES = {
    "1": SecretPlace.ENCRYPTED_FILE,
    "2": SecretPlace.PASSWORD_COMMAND,
    "3": SecretPlace.PRIVATE_FILE,
}
_QUESTION = "1, 2, 3, or Enter for none of them: "
_TO_UNLOCK = f"""\
A run needs that password too: in {UNLOCK}, or as a systemd credential of that
name (actui schedule --print-systemd has the line)."""

_NEW_PASSWORD = ("A password for it: ", "Once more: ")
_CHANGED = ("keyring_backend", "secrets_in_file", "password_command")


@dataclass(frozen=True, slots=True)
class ChosenStorage:
    """Where a secret is now, in words.

    `stored` is False if a password command supplies it. `note` is what the user has to do as well,
    empty if nothing.
    """

    where: str
    note: str = ""
    stored: bool = True


def can_ask() -> bool:
    """Whether stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def choose(
    context: AppContext,
    variable: str,
    save: Callable[[AppContext], str],
    find: Callable[[AppContext], tuple[str | None, str]],
) -> ChosenStorage | None:
    """Ask, change the settings and store the secret; None if no place is chosen.

    `save` stores it in a home and returns where, in words; `find` returns where a home has it, or
    None and why not; `variable` is the secret's environment variable. Raises ConfigError or
    CredentialsError, with the settings as they were before.
    """
    if context.settings.keyring_backend == ENCRYPTED_FILE:
        there = context.home.keyring_file.exists()
        args = ("Password of the encrypted file: ",) if there else _NEW_PASSWORD
        return ChosenStorage(save(_opened(context, *args)), _TO_UNLOCK)
    print(_WAYS, file=sys.stderr)
    chosen = ask(_QUESTION)
    place = _PLACES.get(chosen)
    if place is None:
        return None
    before = context.settings
    try:
        if place is SecretPlace.ENCRYPTED_FILE:
            opened = _opened(context, *_NEW_PASSWORD)
            opened.change_settings(settings_of(place))
            return ChosenStorage(save(opened), _TO_UNLOCK)
        if place is SecretPlace.PRIVATE_FILE:
            context.change_settings(settings_of(place))
            return ChosenStorage(save(context))
        command = ask(f'Command (the variable ACTUI_SECRET says which, as "{variable}"): ')
        context.change_settings(settings_of(place, command))
        where, trouble = find(context)
        if where is None:
            raise CredentialsError(trouble or f"The command printed nothing for {variable}.")
        return ChosenStorage(where, stored=False)
    except (ConfigError, CredentialsError):
        context.change_settings({name: getattr(before, name) for name in _CHANGED})
        raise


def _opened(context: AppContext, *questions: str) -> AppContext:
    """The context with the password of its encrypted file, which is asked for.

    Raises ConfigError if it is empty or differs when it is typed again.
    """
    typed = {ask_hidden(question) for question in questions}
    if len(typed) > 1:
        raise ConfigError("The two passwords are not the same.")
    password = typed.pop()
    if not password.strip():
        raise ConfigError("The password is empty.")
    return AppContext(context.home, {**context.environ, UNLOCK: password})
