"""`actui settings`: show and change the settings of the home."""

from __future__ import annotations

import argparse
import difflib
import json
from typing import Any

from pydantic import BaseModel

from actui import exitcodes
from actui.commands.errors import print_message
from actui.console.formatting import plain
from actui.context.context import AppContext
from actui.model.errors import ConfigError
from actui.model.settings import Settings
from actui.model.yaml_text import YamlMistake, parse

ABOUT = {
    "theme": "the console's colours",
    "requests_per_second": "to one ActiveCampaign account; it allows 5",
    "request_seconds": "how long a service may take to answer one request",
    "settle_seconds": "how long a Sum whose answer was lost is waited for",
    "blueconic_requests_at_once": "how many requests to BlueConic may be under way",
    "password_command": "prints the secret that the variable ACTUI_SECRET names",
    "secrets_in_file": "true: a file of mode 0600 may hold secrets where no key store does",
    "keyring_backend": "encrypted-file, or the class of a key store; else the machine's own",
    "mail.host": "the mail server of notifications",
    "mail.port": "usually 587, or 465 with security tls",
    "mail.security": "starttls, tls, or none for a mail server on this machine",
    "mail.username": "whose password is: actui secret set smtp-password",
    "mail.sender": "the address that messages come from",
    "colour": "auto or never",
}


def settings(args: argparse.Namespace) -> int:
    """Print the settings, or set or unset one of them."""
    context = AppContext.open()
    present, usual = _flat(context.settings), _flat(Settings())
    if args.key is not None and args.key not in usual:
        close = difflib.get_close_matches(args.key, usual, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise ConfigError(f"There is no setting '{args.key}'.{hint}", code="unknown")
    if args.action != "show":
        if args.key is None or (args.action == "set") != (args.value is not None):
            raise ConfigError("Say: actui settings set KEY VALUE, or: actui settings unset KEY")
        value = _value(args.value) if args.action == "set" else usual[args.key]
        before = present
        present = _flat(context.change_settings(_change(context.settings, args.key, value)))
        if present == before:
            print_message(f"Nothing was changed: {args.key} was so already.")
    chosen = [args.key] if args.key else list(usual)
    if args.json:
        print(json.dumps({key: present[key] for key in chosen}, ensure_ascii=False))
        return exitcodes.OK
    for key in chosen:
        mark = "*" if present[key] != usual[key] else " "
        value = json.dumps(present[key], ensure_ascii=False)
        print(plain(f"{mark} {key} = {value}   # {ABOUT[key]}"))
    return exitcodes.OK


def _value(text: str) -> Any:
    """A number, boolean or null as in YAML; anything else is the text itself."""
    try:
        _, value = parse(text)
    except YamlMistake:
        return text
    return value if value is None or isinstance(value, bool | int | float) else text


def _flat(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings:
        if isinstance(value, BaseModel):
            found |= {f"{name}.{inner}": kept for inner, kept in value.model_dump().items()}
        else:
            found[name] = value
    return found


def _change(settings: Settings, key: str, value: Any) -> dict[str, Any]:
    group, _, inner = key.rpartition(".")
    return {group: settings.model_dump()[group] | {inner: value}} if group else {key: value}
