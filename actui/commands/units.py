"""The systemd unit and the cron line that start scheduled runs while nobody is logged in."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence

from actui.model.accounts import secret_variable
from actui.model.secret import SecretName
from actui.model.settings import ENCRYPTED_FILE, UNLOCK, Settings
from store.home import Home

_UNIT = """\
# Starts actui's runs when they are due. Save it as
#   ~/.config/systemd/user/actui-schedule.service
# and switch it on, once:
#   systemctl --user daemon-reload && systemctl --user enable --now actui-schedule
#   loginctl enable-linger        (else it ends when you log out, and its runs with it)
# As a service of the whole machine, under /etc/systemd/system, add User= with the owner of
# ACTUI_HOME to [Service], write the owner's home instead of %h, and say
# WantedBy=multi-user.target.
[Unit]
Description=actui: start runs when they are due
StartLimitIntervalSec=0

[Service]
Type=exec
Environment={environment}
ExecStart={command}
# only the scheduler is stopped: a run that is going comes to its own end
KillMode=process
Restart=on-failure
RestartSec=10
{credentials}
[Install]
WantedBy=default.target"""

_CREDENTIALS = """\
# Secrets are looked for where `actui secret status NAME` finds them. A key store that opens at
# log-in stays locked for a service: give it each secret in a file that only you can read,
#   install -D -m 600 /dev/stdin ~/.config/actui/NAME      (type it, Enter, Ctrl+D)
# then take away the # before its line.
"""
_OPENS_FILE = """\
# This one opens the encrypted file, which has the others:
"""

_CRON = """\
# Starts actui's runs when they are due, looking once a minute. Add the last line with: crontab -e
# Only trouble is printed, which cron mails to you; see actui runs NAME for the runs themselves.
# cron hands over no environment and opens no key store: a run finds its secrets by the password
# command or the secrets file of actui's settings, or in the encrypted file where the crontab has a
# line {unlock}=... above this one. Where a key store or a user's systemd is to
# be reached, put XDG_RUNTIME_DIR=/run/user/$(id -u) before the command, and: loginctl enable-linger
* * * * * {command}"""


def systemd_unit(home: Home, settings: Settings, names: Sequence[str]) -> str:
    """A systemd unit that runs `actui schedule` for this home with this interpreter."""
    command = " ".join(_quoted(word).replace("$", "$$") for word in _words("schedule"))
    wanted = [secret_variable(name, secret) for name in names for secret in SecretName]
    lines = [_load(name) for name in dict.fromkeys(wanted)]
    if settings.keyring_backend == ENCRYPTED_FILE:
        lines.append(_OPENS_FILE + _load(UNLOCK))
    return _UNIT.format(
        environment=_quoted(f"ACTUI_HOME={home.root}"),
        command=command,
        credentials=_CREDENTIALS + "".join(f"{line}\n" for line in lines) if lines else "",
    )


def _load(name: str) -> str:
    return f"#LoadCredential={name}:%h/.config/actui/{name}"


def cron_line(home: Home) -> str:
    """A crontab line that runs `actui due` once a minute for this home with this interpreter."""
    command = f"ACTUI_HOME={shlex.quote(str(home.root))} {shlex.join(_words('due'))} >/dev/null"
    # cron ends a command at a bare per cent sign
    return _CRON.format(command=command.replace("%", "\\%"), unlock=UNLOCK)


def _words(command: str) -> list[str]:
    """The command's arguments; -P keeps modules in the working directory from replacing actui's."""
    return [sys.executable, "-P", "-m", "actui", command]


def _quoted(word: str) -> str:
    """An argument quoted for systemd: quotes, backslashes and percent signs are literal."""
    kept = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return kept if kept.replace("/", "").replace("-", "").isalnum() else f'"{kept}"'
