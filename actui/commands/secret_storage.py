"""The way out for somebody on a host without a key store: where secrets may be kept instead."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from actui.commands.prompts import ask, ask_hidden
from actui.context.context import AppContext
from actui.model.errors import ConfigError, CredentialsError
from actui.model.settings import ENCRYPTED_FILE, UNLOCK

_WAYS = """\
Where shall secrets be kept?
  1  in an encrypted file, which a password opens
  2  in a password manager, which a command asks
  3  in a private file (0600), as plain text
Whatever starts runs can also hand them over: the environment, or systemd's
credentials. See: actui secret status NAME"""
_QUESTION = "1, 2, 3, or Enter for none of them: "
_TO_UNLOCK = f"""\
A run needs that password too: in {UNLOCK}, or as a systemd credential of that
name (actui schedule --print-systemd has the line)."""

_NEW_PASSWORD = ("A password for it: ", "Once more: ")
_CHANGED = ("keyring_backend", "secrets_in_file", "password_command")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was chosen: where the secret is now, and what else to know."""

    where: str
    more: str = ""
    stored: bool = True


def can_ask() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def choose(
    context: AppContext,
    variable: str,
    save: Callable[[AppContext], str],
    find: Callable[[AppContext], tuple[str | None, str]],
) -> Kept | None:
    """Ask, change the settings and keep the secret so; None when none of the ways is wanted.

    `save` keeps it in a home and says where, `find` says where a home has it or why it cannot.
    What was chosen and did not work is taken back.
    """
    if context.settings.keyring_backend == ENCRYPTED_FILE:
        there = context.home.keyring_file.exists()
        args = ("Password of the encrypted file: ",) if there else _NEW_PASSWORD
        return Kept(save(_opened(context, *args)), _TO_UNLOCK)
    print(_WAYS, file=sys.stderr)
    chosen = ask(_QUESTION)
    if chosen not in ("1", "2", "3"):
        return None
    before = context.settings
    try:
        if chosen == "1":
            opened = _opened(context, *_NEW_PASSWORD)
            opened.change_settings({"keyring_backend": ENCRYPTED_FILE})
            return Kept(save(opened), _TO_UNLOCK)
        if chosen == "3":
            context.change_settings({"secrets_in_file": True})
            return Kept(save(context))
        command = ask(f'Command (the variable ACTUI_SECRET says which, as "{variable}"): ')
        context.change_settings({"password_command": command or None})
        where, trouble = find(context)
        if where is None:
            raise CredentialsError(trouble or f"The command printed nothing for {variable}.")
        return Kept(where, stored=False)
    except (ConfigError, CredentialsError):
        context.change_settings({name: getattr(before, name) for name in _CHANGED})
        raise


def _opened(context: AppContext, *questions: str) -> AppContext:
    """The context with the password of its encrypted file, which is asked for until it fits."""
    typed = {ask_hidden(question) for question in questions}
    if len(typed) > 1:
        raise ConfigError("The two passwords are not the same.")
    password = typed.pop()
    if not password.strip():
        raise ConfigError("The password is empty.")
    return AppContext(context.home, {**context.environ, UNLOCK: password})
