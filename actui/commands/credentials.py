"""`actui secret`: secrets come from a prompt or stdin, never from the command line."""

from __future__ import annotations

import argparse
import getpass
import json
import sys

from pydantic import SecretStr

from actui import exitcodes
from actui.model.errors import ConfigError
from actui.wiring import House, secret_command_name, secret_origin, secret_words
from store.secrets import SecretName

_OF_A_CONNECTION = (SecretName.ACTIVECAMPAIGN_API_KEY, SecretName.BLUECONIC_CLIENT_SECRET)


def secret(asked: argparse.Namespace) -> int:
    """Store, look for or delete a connection's secrets."""
    house = House.open()
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
