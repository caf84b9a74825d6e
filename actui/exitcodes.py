"""The exit codes of commands (actui/README.md §5)."""

from __future__ import annotations

from actui.model.errors import (
    ActuiError,
    BusyError,
    ConfigError,
    CredentialsError,
    StoppedError,
    UnreachableError,
)
from actui.model.run import RunState, RunSummary

OK = 0
GOALS_FAILED = 1
USAGE = 2
BUSY = 3
CREDENTIALS = 4
STOPPED = 5
UNREACHABLE = 6
BUG = 70

_BY_ERROR: tuple[tuple[type[ActuiError], int], ...] = (
    (ConfigError, USAGE),
    (BusyError, BUSY),
    (CredentialsError, CREDENTIALS),
    (StoppedError, STOPPED),
    (UnreachableError, UNREACHABLE),
)


def of_error(error: ActuiError) -> int:
    """The exit code of an error that ended a command."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), GOALS_FAILED)


def of_run(summary: RunSummary) -> int:
    """The exit code of a run in a final state."""
    if summary.state is RunState.STOPPED:
        return STOPPED
    if summary.state is RunState.FINISHED:
        return OK if summary.ok else GOALS_FAILED
    named = {kind.default_code: code for kind, code in _BY_ERROR}
    return named.get(summary.cause, GOALS_FAILED)
