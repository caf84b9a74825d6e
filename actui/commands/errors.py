"""Turn failures of a command into one sentence and an exit code, never a traceback."""

from __future__ import annotations

import errno
import json
import logging
import os
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from actui import __version__, exitcodes
from actui.app.terminal import discard_output
from actui.console.formatting import plain
from actui.model.errors import ActuiError, ConfigError, StorageError
from actui.model.redaction import redact

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BESIDE = "actui met a bug beside its work ({})."
_OF_DATABASES = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
)


def guarded(command: Callable[[], int], *, as_json: bool = False) -> int:
    """Run a command; turn what it raises into a message on stderr and an exit code.

    With `as_json` the failure is also the last line of stdout; its `ok`, `code` and `message` are
    those of a run's summary.
    """
    _open_streams()
    _filter_what_is_left()
    try:
        code = command()
        # here, where a full disk or a closed pipe can still be reported
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever read our output has seen enough; keep the interpreter from complaining too
        discard_output(sys.stdout)
        return exitcodes.OK
    except (Exception, KeyboardInterrupt) as failure:  # the last wall: nobody sees a traceback
        message, name, code = _described(failure)
        print_message(message)
        facts = {"ok": False, "code": name, "message": message, "exit_code": code}
        _print_last(json.dumps(facts, ensure_ascii=False) if as_json else "")
    return code


def _described(failure: BaseException) -> tuple[str, str, int]:
    """A failure as a sentence, a code for machines and an exit code."""
    if isinstance(failure, ActuiError):
        return failure.message, failure.code, exitcodes.of_error(failure)
    if isinstance(failure, KeyboardInterrupt):
        return "Interrupted.", "interrupted", exitcodes.STOPPED
    if isinstance(failure, EOFError):
        return "Nothing was answered.", ConfigError.default_code, exitcodes.USAGE
    trouble = _surroundings(failure)
    if trouble:
        if _is_full(failure):
            message = f"{trouble}. Free some space on its disk, then try again."
            return message, StorageError.default_code, exitcodes.USAGE
        message = f"{trouble}. See: actui doctor"
        return message, ConfigError.default_code, exitcodes.USAGE
    message = f"actui met a bug ({type(failure).__name__})."
    try:
        file = _report(failure)
        message += f" A report without secrets is in {file}."
    except (ActuiError, OSError):
        message += " No report could be written."
    return message, "bug", exitcodes.BUG


def _surroundings(failure: BaseException) -> str:
    """What the machine refused: disk, limit or memory; empty for any other failure."""
    if isinstance(failure, MemoryError):
        return "This machine has too little memory left"
    if isinstance(failure, OSError) and failure.errno:
        what = redact(failure.filename) if failure.filename else "Output or home"
        return f"{what} cannot be read or written: {failure.strerror}"
    # the low byte is the kind of an extended code
    code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
    if isinstance(failure, sqlite3.Error) and code in _OF_DATABASES:
        return f"A ledger cannot be read or written: {redact(failure)}"
    return ""


def _is_full(failure: BaseException) -> bool:
    if isinstance(failure, OSError):
        return failure.errno in (errno.ENOSPC, errno.EDQUOT)
    return getattr(failure, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL


def _print_last(line: str) -> None:
    try:
        if line:
            print(line)
        sys.stdout.flush()
    except OSError:
        discard_output(sys.stdout)


def print_message(message: str) -> None:
    """Print sentences for the user on stderr; does nothing if nobody can read it."""
    lines = [plain(line) for line in message.splitlines()]
    try:
        print("\n".join([f"actui: {lines[0] if lines else ''}", *lines[1:]]), file=sys.stderr)
        sys.stderr.flush()
    except OSError:
        discard_output(sys.stderr)


def _open_streams() -> None:
    """Replace closed streams by the null device; no unencodable letter makes a command fail."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    with suppress(AttributeError):
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    with suppress(AttributeError):
        # what is piped in is UTF-8 whatever the locale; only whoever reads it knows what it is for
        stdin: Any = sys.stdin
        is_typed = stdin.isatty() and stdin.encoding != "ascii"
        stdin.reconfigure(
            encoding=stdin.encoding if is_typed else "utf-8", errors="surrogateescape"
        )


class _Filtered(logging.Formatter):
    """Log lines: a library's own text redacted, and of an exception only its type."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0] if record.exc_info else None
        if kind:
            return _BESIDE.format(kind.__name__)
        message = redact(record.getMessage())
        # actui's own loggers speak to the person, as `print_message` does
        return f"actui: {message}" if record.name.startswith("actui.") else message


def _filter_what_is_left() -> None:
    """Filter what does not pass `guarded`: logs of libraries, failing threads and destructors.

    Python would print their exceptions on stderr, with the texts in them.
    """
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Filtered())
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = lambda failed: _print_kind(failed.exc_type)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = lambda failed: _print_kind(failed.exc_type)


def _print_kind(kind: type[BaseException]) -> None:
    if not issubclass(kind, SystemExit):
        print_message(_BESIDE.format(kind.__name__))


def _report(bug: BaseException) -> str:
    """Where a bug happened, frame by frame, without messages and values: they may hold secrets."""
    from store.home import Home

    frames = traceback.extract_tb(bug.__traceback__)
    lines = [f"actui {__version__}", type(bug).__name__]
    lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    cause = bug.__cause__ or bug.__context__
    if cause is not None:
        lines.append(f"from {type(cause).__name__}")
    file = Home.open(os.environ).logs_dir / f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.txt"
    with os.fdopen(os.open(file, _NEW_FILE, 0o600), "w", encoding="utf-8") as report:
        report.write("\n".join(lines) + "\n")
    return str(file)
