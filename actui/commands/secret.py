"""`actui secret`: store, check and delete secrets.

A secret comes from a prompt or stdin, never from the command line, which other users can read.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pydantic import SecretStr

from actui import exitcodes
from actui.commands.errors import print_message
from actui.commands.secret_storage import ChosenStorage, can_ask, choose
from actui.console.formatting import plain
from actui.context.context import AppContext
from actui.model.accounts import (
    CONNECTION_SECRETS,
    secret_command_name,
    secret_origin,
    secret_variable,
)
from actui.model.connection import Connection
from actui.model.errors import ActuiError, ConfigError, CredentialsError
from actui.model.secret import SecretName, cleaned_secret, secret_label
from actui.model.settings import ENCRYPTED_FILE, UNLOCK
from actui.operations.notifying import MAIL_SECRET
from store.secrets import Secrets

_MAIL = secret_command_name(SecretName.SMTP_PASSWORD)
_MOST_READ = 100_000
"""Characters that are read from stdin: more than any secret has."""
_WAYS = """
A run without a desktop, under cron or systemd, finds a secret in one of these ways:
  1. systemd's credentials: the unit of `actui schedule --print-systemd` has the lines
  2. a password manager:    actui settings set password_command 'pass show "$ACTUI_SECRET"'
  3. an encrypted file:     actui settings set keyring_backend {encrypted}
                            with its password in {unlock}, or a systemd credential of that name
  4. a private file (0600): actui settings set secrets_in_file true
After 3 or 4, store it again with `actui secret set`. The variable is {variable}."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A secret of a connection, or of the mail server where `connection` is None."""

    name: SecretName
    origin: str
    connection: Connection | None

    @property
    def label(self) -> str:
        return secret_command_name(self.name)

    @property
    def variable(self) -> str:
        return secret_variable(self.connection.name if self.connection else "", self.name)

    def saved_in(self, context: AppContext, value: SecretStr) -> str:
        """Store the secret; returns the place in words."""
        if self.connection is not None:
            return context.save_secret(self.connection, self.name, value)
        where = context.secrets.save(*MAIL_SECRET, self.origin, value)
        context.audit.record("secret set", secret=self.label, origin=self.origin, where=where)
        return where

    def deleted_in(self, context: AppContext) -> bool:
        """Delete the secret; returns whether it was stored."""
        if self.connection is not None:
            return context.delete_secret(self.connection, self.name)
        was_there = context.secrets.delete(MAIL_SECRET[1], self.name)
        if was_there:
            context.audit.record("secret deleted", secret=self.label)
        return was_there

    def found_in(self, chain: Secrets) -> tuple[str | None, str]:
        """The place of the secret in words, or None; and why it cannot be read."""
        key = (self.connection.name, self.connection.id, self.name) if self.connection else None
        try:
            found = chain.find(*(key or MAIL_SECRET), self.origin)
        except ActuiError as failure:
            return None, failure.message
        return (found.source, "") if found else (None, "")


def secret(args: argparse.Namespace) -> int:
    """Store, check or delete a connection's secrets, or the mail server's password."""
    context = AppContext.open()
    wanted = _wanted(context, args)
    if args.action == "status":
        return _status(context, wanted, args)
    if args.action == "set":
        if len(wanted) != 1:
            raise ConfigError(f"Which secret? Name {' or '.join(one.label for one in wanted)}.")
        return _set(context, wanted[0], as_json=args.json)
    for one in wanted:
        _delete(context, one, as_json=args.json)
    return exitcodes.OK


def _delete(context: AppContext, one: _Wanted, *, as_json: bool) -> None:
    """Delete a stored secret, and print where it still comes from, if anywhere."""
    was_there = one.deleted_in(context)
    source, trouble = one.found_in(context.secrets)
    if trouble and not was_there:
        raise CredentialsError(f"The {one.label} was not deleted: {trouble}")
    if as_json:
        facts = {"secret": one.label, "done": "deleted" if was_there else "unchanged"}
        print(json.dumps(facts | {"source": source}))
        return
    done = "deleted" if was_there else "nothing was stored, so nothing was deleted"
    print(f"{one.label}: {done}{f'; it still comes from {source}' if source else ''}")


def _wanted(context: AppContext, args: argparse.Namespace) -> list[_Wanted]:
    if args.name == _MAIL:
        origin = context.settings.mail.origin
        if not origin:
            raise ConfigError("Name the mail server first: actui settings set mail.host HOST")
        return [_Wanted(SecretName.SMTP_PASSWORD, origin, None)]
    connection = context.connections.find(args.name).connection
    return [
        _Wanted(name, secret_origin(connection, name), connection)
        for name in CONNECTION_SECRETS
        if args.which in (None, secret_command_name(name))
    ]


def _set(context: AppContext, one: _Wanted, *, as_json: bool) -> int:
    if one.connection is not None and not one.origin.startswith("http"):
        raise ConfigError(f"Give '{one.connection.name}' its URL first: a secret is bound to it.")
    value = _read(one.name)
    kept = _keep(context, one, value)
    if as_json:
        facts = {"secret": one.label, "done": "set", "source": kept.where, "origin": one.origin}
        print(json.dumps(facts))
    else:
        bound = f"stored in {kept.where}, for {one.origin} alone"
        print(f"{one.label}: {bound if kept.stored else f'comes from {kept.where}'}")
        if kept.note:
            print(kept.note)
    return exitcodes.OK


def _keep(context: AppContext, one: _Wanted, value: SecretStr) -> ChosenStorage:
    """Store a secret; without a key store, a user at a terminal may choose another place."""
    try:
        return ChosenStorage(one.saved_in(context, value))
    except CredentialsError as failure:
        is_closed = context.settings.keyring_backend == ENCRYPTED_FILE
        if not (is_closed or failure.code == "no-key-store") or not can_ask():
            raise
        print_message(failure.trouble)
        kept = choose(
            context,
            one.variable,
            lambda chosen: one.saved_in(chosen, value),
            lambda chosen: one.found_in(chosen.secrets),
        )
        if kept is None:
            raise
        return kept


def _status(context: AppContext, wanted: list[_Wanted], args: argparse.Namespace) -> int:
    """Print where each secret comes from, here and in a scheduled run."""
    chains = (context.secrets, context.secrets.unattended())
    # side by side: a locked key store is waited for in both
    with ThreadPoolExecutor(len(chains)) as pool:
        here, there = pool.map(lambda chain: [one.found_in(chain) for one in wanted], chains)
    for one, now, later in zip(wanted, here, there, strict=True):
        if args.json:
            facts = {"secret": one.label, "source": now[0], "message": now[1]}
            scheduled = {"scheduled_source": later[0], "scheduled_message": later[1]}
            print(json.dumps(facts | {"scheduled": later[0] is not None} | scheduled))
            continue
        print(f"{one.label}: {now[0] or now[1] or 'missing'}")
        if later[0]:
            print(f"  a scheduled run finds it too: {later[0]}")
        else:
            print(f"  a scheduled run would not find it{': ' if later[1] else ''}{later[1]}")
    if not args.json and not all(source for source, _ in there):
        print(_ways(wanted[0]))
    missing = [
        secret_label(one.name) for one, (found, _) in zip(wanted, here, strict=True) if not found
    ]
    if missing:
        print_message(f"No {' and no '.join(missing)} can be had for '{plain(args.name)}'.")
    return exitcodes.CREDENTIALS if missing else exitcodes.OK


def _ways(one: _Wanted) -> str:
    return _WAYS.format(encrypted=ENCRYPTED_FILE, unlock=UNLOCK, variable=one.variable)


def _read(name: SecretName) -> SecretStr:
    """The secret typed at a prompt, or all of stdin. Raises ConfigError if it is empty."""
    question = f"{secret_label(name)}: "
    try:
        text = getpass.getpass(question) if sys.stdin.isatty() else sys.stdin.read(_MOST_READ)
    except UnicodeError:
        text = "\udcff"  # stands for bytes that are not UTF-8
    secret = cleaned_secret(name, text)
    if secret is None:
        raise ConfigError(f"The {secret_label(name)} is empty.")
    return secret
