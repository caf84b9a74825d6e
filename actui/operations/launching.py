"""Start `actui run` so that it outlives the process that started it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cached_property

from actui.api.network import CERTIFICATE_VARIABLES, NO_PROXY, PROXY_VARIABLES
from actui.model.connection import Connection
from store.home import Home

SCHEDULE = "schedule"
"""The trigger of a run that was started by its schedule."""
_KEPT = (
    "XDG_STATE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    *CERTIFICATE_VARIABLES,
    *(spelled for name in (*PROXY_VARIABLES, NO_PROXY) for spelled in (name, name.upper())),
    "PYTHONPATH",
    "PYTHONTZPATH",
    "PYTHON_KEYRING_BACKEND",
    # who stands behind it, for the audit
    "SSH_CONNECTION",
    "SSH_USER_AUTH",
    "SUDO_USER",
)
_LOGGING = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
_NO_MANAGER_SECONDS = 3


class Starter:
    """Starts runs of one home, each in a process of its own.

    The user's systemd keeps it alive even where logout ends a session's processes; without one it
    gets its own session (screens/README.md §2). systemd's credentials are readable only by the unit
    that got them, so a scheduler that has some keeps its runs in its own unit.
    """

    def __init__(self, home: Home, environ: Mapping[str, str], trigger: str) -> None:
        self._home = home
        self._environ = environ
        self._trigger = trigger
        self._going: dict[int, str] = {}

    def start(self, connection: Connection, *more: str) -> str:
        """Start a run with `more` arguments; returns how it was started, in one sentence."""
        return self._start(connection, "run", connection.id, "--trigger", self._trigger, *more)

    def retry(self, connection: Connection, *people: str) -> str:
        """Start a run about people who were not accepted; `people` are the arguments for them."""
        return self._start(connection, "retry", connection.id, *people)

    def _start(self, connection: Connection, *asked: str) -> str:
        argv = [sys.executable, "-P", "-m", "actui", *asked]
        file = self._home.log_file(connection.id)
        # an earlier run's last words would be taken for this one's
        file.unlink(missing_ok=True)
        if self._user_manager and self._as_unit(argv):
            return "The run goes on by itself, as a unit of your systemd."
        # not through subprocess: whoever starts a run need not be there when it ends
        process = os.posix_spawn(
            argv[0],
            argv,
            self._environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(file), _LOGGING, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        self.ended()
        self._going[process] = connection.name
        return "The run goes on by itself, in a session of its own."

    def ended(self) -> list[tuple[str, int]]:
        """The connections whose processes ended since the last call, with their exit codes."""
        found = []
        for process in list(self._going):
            done, status = os.waitpid(process, os.WNOHANG)
            if done:
                found.append((self._going.pop(process), os.waitstatus_to_exitcode(status)))
        return found

    def _as_unit(self, argv: list[str]) -> bool:
        kept = [n for n in self._environ if n.startswith("ACTUI_") or n in _KEPT]
        # named, not valued: systemd-run takes the values from its own environment
        unit = ["systemd-run", "--user", "--quiet", "--collect", *(f"--setenv={n}" for n in kept)]
        done = subprocess.run(
            [*unit, "--", *argv], env=dict(self._environ), check=False, capture_output=True
        )
        return done.returncode == 0

    @cached_property
    def _user_manager(self) -> bool:
        if "CREDENTIALS_DIRECTORY" in self._environ:
            return False
        try:
            asked = subprocess.run(
                ["systemctl", "--user", "is-system-running"],  # noqa: S607  wherever systemd put it
                env=dict(self._environ),
                check=False,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_NO_MANAGER_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return asked.stdout.strip() in ("running", "degraded")
