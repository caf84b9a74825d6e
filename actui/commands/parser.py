"""The command line's parser, with usage errors in one sentence."""

from __future__ import annotations

import argparse
import difflib
import re
from typing import NoReturn

from actui.model.errors import ConfigError

_CHOICE = re.compile(r"argument (?P<what>.+?): invalid choice: '?(?P<given>.*?)'? \(choose from ")
_FEW = 6
UNKNOWN = "unknown: "
_ABOUT_SECRETS = "actui secret"
_REPEATS = re.compile(rf"{UNKNOWN}|.*explicit argument")


class Parser(argparse.ArgumentParser):
    """Raises ConfigError `usage` with one sentence; argparse would print its usage and exit."""

    def error(self, message: str) -> NoReturn:
        """Raise ConfigError: what is wrong, what may have been meant, and where to read more."""
        found = _CHOICE.match(message)
        # what is typed after `actui secret` by mistake may be one: it is not repeated
        hides = self.prog.startswith(_ABOUT_SECRETS)
        if found:
            choices = re.findall(r"[\w-]+", message[found.end() :])
            close = difflib.get_close_matches(found["given"], choices, n=1)
            what = "command" if found["what"] == "COMMAND" else found["what"]
            named = "of that name" if hides and not close else f"'{found['given']}'"
            message = f"there is no {what} {named}"
            if len(choices) <= _FEW:
                message += f", only {', '.join(choices)}"
            elif close:
                message += f", perhaps {close[0]}"
        elif hides and _REPEATS.match(message):
            message = "there is a word too many, which is not shown as it may be a secret"
        if hides:
            message += "; secrets are read from a prompt or stdin"
        text = message[:1].upper() + message[1:]
        raise ConfigError(f"{text}. See: {self.prog} --help", code="usage")
