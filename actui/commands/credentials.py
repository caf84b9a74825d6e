"""`actui secret`: secrets come from a prompt or stdin, never from the command line."""

from __future__ import annotations

import argparse
import getpass
import json
import sys

from pydantic import SecretStr

from actui import exitcodes
from actui.model.errors import ConfigError
from actui.notifying import MAIL_SECRET
from actui.wiring import House, secret_command_name, secret_origin, secret_words
from store.secrets import SecretName

_MAIL = secret_command_name(SecretName.SMTP_PASSWORD)
_OF_A_CONNECTION = (SecretName.ACTIVECAMPAIGN_API_KEY, SecretName.BLUECONIC_CLIENT_SECRET)


def secret(asked: argparse.Namespace) -> int:
    """Store, look for or delete a connection's secrets, or the mail server's password."""
    house = House.open()
    if asked.name == _MAIL:
        return _of_the_mail_server(asked, house)
    connection = house.connections.find(asked.name).connection
    names = [name for name in _OF_A_CONNECTION if asked.which in (None, secret_command_name(name))]
    if asked.action == "set":
        if len(names) != 1:
            said = " or ".join(secret_command_name(name) for name in names)
            raise ConfigError(f"Which secret? Name {said}.")
        value = _read(secret_words(names[0]))
        origin = secret_origin(connection, names[0])
        if not origin.startswith("http"):
            raise ConfigError(f"Give '{connection.name}' its URL first: a secret is bound to it.")
        where = house.save_secret(connection, names[0], value)
        print(f"{secret_command_name(names[0])}: stored in {where}, for {origin} alone")
    elif asked.action == "delete":
        for name in names:
            house.delete_secret(connection, name)
            print(f"{secret_command_name(name)}: deleted")
    else:
        return _status(asked, names, house)
    return exitcodes.OK


def _of_the_mail_server(asked: argparse.Namespace, house: House) -> int:
    origin = house.settings.mail.origin
    if not origin:
        raise ConfigError(f"Name the mail server first: mail in {house.home.settings_file}.")
    if asked.action == "set":
        value = _read(secret_words(SecretName.SMTP_PASSWORD))
        where = house.secrets.save(*MAIL_SECRET, origin, value)
        house.audit.record("secret set", secret=_MAIL, origin=origin, where=where)
        print(f"{_MAIL}: stored in {where}, for {origin} alone")
    elif asked.action == "delete":
        _, owner, name = MAIL_SECRET
        house.secrets.delete(owner, name)
        house.audit.record("secret deleted", secret=_MAIL)
        print(f"{_MAIL}: deleted")
    else:
        found = house.secrets.find(*MAIL_SECRET, origin)
        source = found.source if found else None
        if asked.json:
            print(json.dumps({"secret": _MAIL, "source": source}))
        else:
            print(f"{_MAIL}: {source or 'missing'}")
        return exitcodes.OK if found else exitcodes.CREDENTIALS
    return exitcodes.OK


def _status(asked: argparse.Namespace, names: list[SecretName], house: House) -> int:
    connection = house.connections.find(asked.name).connection
    missing = False
    for name in names:
        found = house.secrets.find(
            connection.name, connection.id, name, secret_origin(connection, name)
        )
        missing = missing or found is None
        where = found.source if found else None
        if asked.json:
            print(json.dumps({"secret": secret_command_name(name), "source": where}))
        else:
            print(f"{secret_command_name(name)}: {where or 'missing'}")
    return exitcodes.CREDENTIALS if missing else exitcodes.OK


def _read(words: str) -> SecretStr:
    asks = sys.stdin.isatty()
    value = (getpass.getpass(f"{words}: ") if asks else sys.stdin.readline()).strip()
    if not value:
        raise ConfigError(f"The {words} is empty.")
    return SecretStr(value)
