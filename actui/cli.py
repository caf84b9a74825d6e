"""The command line: arguments in, exit code out. Commands import what they need when run."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from actui import __version__
from actui.commands.examples import epilog
from actui.commands.parser import UNKNOWN, Parser
from actui.model.errors import ConfigError
from actui.output import safe_output

_CONFIGURING = "actui.commands.connections"
_CHECKING = "actui.commands.check"
_FILES = "actui.commands.files"
_RUNNING = "actui.commands.runs"
_OUTCOMES = "actui.commands.outcomes"
_PEOPLE = "actui.commands.person"
_PREVIEWING = "actui.commands.preview"
_RETRYING = "actui.commands.retry"
_SETTINGS = "actui.commands.settings"
_DOCTOR = "actui.commands.doctor"
_KEEPING = "actui.commands.audit"
_SECRETS = "actui.commands.secret"
_SCHEDULING = "actui.commands.schedule"
_TRYING = "actui.commands.demo"
_SECRET_NAMES = ("activecampaign-api-key", "blueconic-client-secret")
_CONFIRM_RESTORED = "run although the ledger may be older than the last run"
_SWITCH_HELP = "choose a reading where the services' behaviour is not certain"


class _Grammar:
    """Builds the sub-commands; each names the module and the function that carry it out."""

    def __init__(self) -> None:
        self.top = Parser(
            prog="actui",
            usage="actui [--ascii] [--read-only] | actui COMMAND ...",
            description="Connect BlueConic with ActiveCampaign. Without a command: the console.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.top.add_argument("--version", action="version", version=f"actui {__version__}")
        self.top.add_argument("--ascii", action="store_true", help="draw in plain ASCII")
        self.top.add_argument(
            "--read-only", action="store_true", help="a console that changes and starts nothing"
        )
        # the list of them is in the epilog, by what they are for
        self._commands = self.top.add_subparsers(
            dest="command", metavar="COMMAND", help=argparse.SUPPRESS, prog="actui"
        )
        self.about: list[tuple[str, str]] = []

    def part(self, title: str) -> None:
        """Begin a group of commands with this title in the help."""
        self.about.append((title, ""))

    def add(self, name: str, module: str, summary: str) -> _Command:
        """Add a sub-command that the function `name` of `module` carries out."""
        self.about.append((name, summary))
        made: _Command = self._commands.add_parser(
            name,
            description=summary[:1].upper() + summary[1:] + ".",
            epilog=epilog(name),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(module=module, function="list_" if name == "list" else name)
        made.add_argument("--json", action="store_true", help="print JSON")
        return made

    def add_named(self, name: str, module: str, summary: str) -> _Command:
        """Add a sub-command about one connection."""
        made = self.add(name, module, summary)
        made.add_argument("name", metavar="NAME", help="a connection, by its name or id")
        return made


_Command = argparse.ArgumentParser
_LAST_WORDS = """
actui COMMAND --help explains one of them, with examples.
Exit codes: 0 all well, 1 goals failed, 2 usage or configuration, 3 already
running, 4 credentials, 5 stopped, 6 not reachable, 70 a bug.
"""


def grammar() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    made = _Grammar()
    _trying(made)
    _configuring(made)
    _running(made)
    _people(made)
    _scheduling(made)
    _keeping(made)
    rows = (f"  {name:9} {words}" if words else f"\n{name}:" for name, words in made.about)
    made.top.epilog = "\n".join([*rows, _LAST_WORDS])[1:]
    return made.top


def _trying(made: _Grammar) -> None:
    made.part("Trying it, without any account")
    demo = made.add("demo", _TRYING, "try actui on simulated services, in a throw-away home")
    demo.add_argument("--headless", action="store_true", help="run once, print the summary, end")
    sandbox = made.add("sandbox", _TRYING, "simulate both services on this machine")
    sandbox.add_argument("--contacts", type=_positive, metavar="N", help="default 250")
    sandbox.add_argument("--profiles", type=_positive, metavar="N", help="default 400")
    sandbox.add_argument("--seed", type=int, metavar="S", help="other people; default 1")
    sandbox.add_argument(
        "--latency", type=_span, default=0.0, metavar="MS", help="before each answer"
    )
    sandbox.add_argument(
        "--jitter", type=_span, default=0.0, metavar="MS", help="that much more or less of it"
    )
    sandbox.add_argument(
        "--limits", choices=("real", "off"), default="real", help="of requests; default real"
    )
    sandbox.add_argument(
        "--switch", action="append", default=[], metavar="NAME=READING", help=_SWITCH_HELP
    )
    sandbox.add_argument(
        "--state", metavar="FILE", help="keep ports, keys and rows in a file over restarts"
    )
    sandbox.add_argument(
        "--until-eof", action="store_true", help="end when standard input, a pipe, does"
    )


def _configuring(made: _Grammar) -> None:
    made.part("Setting connections up")
    made.add("list", _CONFIGURING, "list the connections and how they stand")
    apply = made.add("apply", _FILES, "create or update connections from files")
    apply.add_argument(
        "files", nargs="+", metavar="FILE", help="a file or a folder of files, - for stdin"
    )
    apply.add_argument("--dry-run", action="store_true", help="show the difference, save nothing")
    export = made.add(
        "export", _FILES, "print a connection as a file, or write them all to a folder"
    )
    export.add_argument("name", nargs="?", metavar="NAME", help="default all, with --to")
    export.add_argument("--to", metavar="FOLDER", help="write a file for each connection there")
    check = made.add("check", _CHECKING, "say what is wrong with connections or files")
    check.add_argument(
        "names",
        nargs="*",
        metavar="NAME|FILE",
        help="a connection, a file, a folder of files, - for stdin; default every connection",
    )
    check.add_argument("--online", action="store_true", help="ask both accounts as well")
    for name, words in (("enable", "on"), ("disable", "off")):
        made.add_named(name, _CONFIGURING, f"switch a connection {words}")
    delete = made.add_named("delete", _CONFIGURING, "delete a connection and what it kept")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    secret = made.add("secret", _SECRETS, "store, look for or delete a connection's secrets")
    secret.add_argument("action", choices=("set", "status", "delete"))
    secret.add_argument(
        "name", metavar="NAME", help="a connection, or smtp-password for the mail server's"
    )
    secret.add_argument(
        "which", nargs="?", choices=_SECRET_NAMES, metavar="SECRET", help=" or ".join(_SECRET_NAMES)
    )


def _running(made: _Grammar) -> None:
    made.part("Running them")
    preview = made.add_named(
        "preview", _PREVIEWING, "show what a run would do, and do nothing of it"
    )
    preview.add_argument("--goal", action="append", default=[], help="only this goal; repeatable")
    preview.add_argument(
        "--first", type=_positive, default=10, metavar="N", help="the first N people (10)"
    )
    preview.add_argument(
        "--email", action="append", default=[], help="this person instead; repeatable"
    )
    run = made.add_named("run", _RUNNING, "run a connection now, or continue what was cut off")
    run.add_argument("--goal", action="append", default=[], help="only this goal; may be repeated")
    run.add_argument("--full", action="store_true", help="send also what did not change")
    run.add_argument("--fresh", action="store_true", help="start anew instead of continuing")
    run.add_argument(
        "--dry-run", action="store_true", help="write nothing, count what would become of people"
    )
    run.add_argument("--limit", type=_positive, metavar="N", help="only the first N people a goal")
    run.add_argument(
        "--confirm-leavers", type=_positive, metavar="N", help="unsubscribe up to N who left"
    )
    run.add_argument("--confirm-restored", action="store_true", help=_CONFIRM_RESTORED)
    run.add_argument("--trigger", default="manual", help=argparse.SUPPRESS)
    made.add_named("watch", _RUNNING, "follow a connection's run until it ends")
    made.add_named("stop", _RUNNING, "ask a run to finish its batch and end; twice: now")
    retry = made.add_named("retry", _RETRYING, "send people again who were rejected or are unknown")
    retry.add_argument("--run", metavar="RUN", help="only those of this run")
    retry.add_argument("--goal", metavar="GOAL", help="only those of this goal")
    retry.add_argument(
        "--outcome", choices=("skipped", "rejected", "unknown"), help="these instead"
    )
    retry.add_argument("--reason", metavar="REASON", help="only those with this reason")
    retry.add_argument("--confirm-restored", action="store_true", help=_CONFIRM_RESTORED)


def _people(made: _Grammar) -> None:
    made.part("Seeing what became of it")
    runs = made.add_named("runs", _RUNNING, "print a connection's run history, newest first")
    runs.add_argument("--limit", type=_positive, default=20, metavar="N", help="default 20")
    outcomes = made.add_named("outcomes", _OUTCOMES, "print what became of each person")
    outcomes.add_argument("--csv", action="store_true", help="print CSV for a spreadsheet")
    outcomes.add_argument("--to", metavar="FILE", help="write that CSV to a new file")
    outcomes.add_argument(
        "--raw", action="store_true", help="CSV as programs want it, unsafe in a spreadsheet"
    )
    outcomes.add_argument(
        "--omitted",
        nargs="?",
        const="",
        metavar="FIELD",
        help="people for whom this field, list, or anything was omitted",
    )
    for key in ("run", "goal", "outcome", "reason"):
        outcomes.add_argument(f"--{key}", metavar=key.upper(), help=f"only those of this {key}")
    why = made.add_named("why", _PEOPLE, "say what became of one person, and which rule decided it")
    why.add_argument("email", metavar="EMAIL")
    forget = made.add("forget", _PEOPLE, "remove a person everywhere and skip them from now on")
    forget.add_argument("email", metavar="EMAIL")
    forget.add_argument("--yes", action="store_true", help="do not ask")
    forget.add_argument("--offline", action="store_true", help="do not ask the services who it is")


def _scheduling(made: _Grammar) -> None:
    made.part("Letting it run by itself")
    schedule = made.add("schedule", _SCHEDULING, "start runs when they are due, until SIGTERM")
    printed = schedule.add_mutually_exclusive_group()
    printed.add_argument("--print-systemd", action="store_true", help="print a unit that does this")
    printed.add_argument("--print-cron", action="store_true", help="print a line for crontab")
    made.add("due", _SCHEDULING, "start the runs that are due and end; for cron")


def _keeping(made: _Grammar) -> None:
    made.part("Maintenance")
    doctor = made.add("doctor", _DOCTOR, "look whether everything is there that actui needs")
    doctor.add_argument("--offline", action="store_true", help="ask no service")
    settings = made.add("settings", _SETTINGS, "show or change what is not about one connection")
    settings.add_argument(
        "action", nargs="?", choices=("show", "set", "unset"), default="show", help="default show"
    )
    settings.add_argument("key", nargs="?", metavar="KEY", help="as `actui settings` lists them")
    settings.add_argument("value", nargs="?", metavar="VALUE")
    audit = made.add("audit", _KEEPING, "say who did what, and when, newest first")
    audit.add_argument(
        "name", nargs="?", metavar="NAME", help="of this connection, even a gone one"
    )
    audit.add_argument("--limit", type=_positive, default=50, metavar="N", help="default 50")
    backup = made.add("backup", _KEEPING, "write everything but secrets into one file")
    backup.add_argument("file", metavar="FILE", help="a new file")
    restore = made.add("restore", _KEEPING, "put a backup into this home")
    restore.add_argument("file", metavar="FILE", help="as actui backup wrote it")
    restore.add_argument(
        "--replace", action="store_true", help="also where the home holds something; it is kept"
    )
    made.add("paths", _CONFIGURING, "say where actui keeps what")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a positive number")
    return int(text)


def _span(text: str) -> float:
    if not text.replace(".", "", 1).isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is no number of milliseconds")
    return float(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code."""
    argv = sys.argv[1:] if arguments is None else list(arguments)
    with safe_output(as_json="--json" in argv):
        code = _carried_out(argv)
    if arguments is None:
        # the process ends now: ctrl+c pressed again must not replace the exit code
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return code


def _carried_out(argv: list[str]) -> int:
    args: argparse.Namespace | ConfigError
    try:
        argv = [_decoded(word) for word in argv]
        # help and version end here, before anything heavy is loaded
        args = _parsed(argv)
    except ConfigError as mistake:
        args = mistake
    from actui.commands.errors import guarded

    return guarded(lambda: _call(args), as_json="--json" in argv)


def _decoded(word: str) -> str:
    """A UTF-8 argument, whatever the locale. Raises ConfigError for other bytes."""
    try:
        word.encode()
    except UnicodeEncodeError:
        raw = os.fsencode(word)
    else:
        return word
    try:
        return raw.decode()
    except UnicodeDecodeError:
        shown = raw.decode("utf-8", "backslashreplace")
        raise ConfigError(f"The argument '{shown}' is not UTF-8 text.", code="not-text") from None


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    known = grammar()
    args, more = known.parse_known_args(argv)
    if more:
        known.prog += f" {args.command}" if args.command else ""
        known.error(f"{UNKNOWN}{' '.join(more)}")
    if args.command is None:
        args.module, args.function = "actui.commands.console", "console"
    return args


def _call(args: argparse.Namespace | ConfigError) -> int:
    if isinstance(args, ConfigError):
        raise args
    command = getattr(importlib.import_module(args.module), args.function)
    code: int = command(args)
    return code


if __name__ == "__main__":
    sys.exit(main())
