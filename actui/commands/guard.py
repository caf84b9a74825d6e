"""How a command ends badly: one sentence and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

from actui import __version__, exitcodes
from actui.model.errors import ActuiError


def guarded(command: Callable[[], int]) -> int:
    """Run a command; turn what it raises into words on stderr and an exit code."""
    try:
        return command()
    except ActuiError as failure:
        say(failure.message)
        return exitcodes.of_error(failure)
    except BrokenPipeError:
        # whoever read our output has seen enough; keep the interpreter from complaining too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exitcodes.OK
    except KeyboardInterrupt:
        return exitcodes.STOPPED
    except Exception as bug:  # the last wall: a person must not see a traceback
        where = _report(bug)
        say(f"actui met a bug ({type(bug).__name__}). A report without secrets is in {where}.")
        return exitcodes.BUG


def say(words: str) -> None:
    """One or more sentences for the person, on stderr."""
    print(f"actui: {words}", file=sys.stderr)


def _report(bug: Exception) -> str:
    """Where it happened, frame by frame: no message, no value, so no secret and no person."""
    from store.home import Home

    frames = traceback.extract_tb(bug.__traceback__)
    lines = [f"actui {__version__}", type(bug).__name__]
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    cause = bug.__cause__ or bug.__context__
    if cause is not None:
        lines.append(f"from {type(cause).__name__}")
    file = Home.open(os.environ).logs_dir / f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}.txt"
    file.write_text("\n".join(lines) + "\n")
    file.chmod(0o600)
    return str(file)
