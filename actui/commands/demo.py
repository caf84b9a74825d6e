"""`actui sandbox` and `actui demo`: both services simulated on this machine."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from actui.app.terminal import prepare_terminal
from actui.model.connection import secret_prefix
from actui.model.document import load
from actui.model.errors import ConfigError, UnreachableError
from actui.model.redaction import redact

DEMO_CONTACTS = 250
DEMO_PROFILES = 400


def sandbox(args: argparse.Namespace) -> int:
    """Serve both services until a signal; stdout gets one line, once they are ready."""
    from actui.sandbox.command import serve
    from actui.sandbox.options import SandboxOptions

    switches = {}
    for item in args.switch:
        name, equals, reading = item.partition("=")
        if not equals:
            raise ConfigError(f"--switch takes NAME=READING, not '{item}'.")
        switches[name] = reading
    try:
        return serve(
            SandboxOptions(
                contacts=args.contacts,
                profiles=args.profiles,
                seed=args.seed,
                latency_ms=args.latency,
                jitter_ms=args.jitter,
                limits=args.limits,
                switches=switches,
                state=Path(args.state) if args.state else None,
            ),
            until_eof=args.until_eof,
        )
    except ValueError as wrong:
        raise ConfigError(redact(wrong)) from wrong


def demo(args: argparse.Namespace) -> int:
    """Show actui at work in a temporary home, which is deleted at the end."""
    if not args.headless and (wrong := prepare_terminal(os.environ)):
        raise ConfigError(f"{wrong.partition(';')[0]}; without one: actui demo --headless")
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_DFL:
            # a window that is closed early takes what was started with it
            signal.signal(number, signal.default_int_handler)
    with _throw_away() as place, _services() as ready, _added(_environment(Path(place), ready)):
        from actui.context.context import AppContext

        context = AppContext.open()
        context.connections.save(load(demo_file(ready), "demo"))
        if not args.headless:
            from actui.commands.console import console

            return console(args, touring=True)
        from actui.commands.runs import carry_out, ended
        from actui.sync.run.goal_run import Options

        connection = context.connections.find("Demo").connection
        return ended(carry_out(context, connection, Options(), quiet=args.json), args.json)


def demo_file(ready: dict[str, Any]) -> str:
    """The demonstration's connection file, with the URLs of a running sandbox."""
    template = files("actui.commands").joinpath("demo.yaml").read_text(encoding="utf-8")
    return (
        template.replace("ACTIVECAMPAIGN_URL", ready["activecampaign"]["url"])
        .replace("BLUECONIC_URL", ready["blueconic"]["url"])
        .replace("BLUECONIC_CLIENT", ready["blueconic"]["client_id"])
    )


def _environment(place: Path, ready: dict[str, Any]) -> dict[str, str]:
    prefix = f"ACTUI_SECRET_{secret_prefix('Demo')}"
    return {
        "ACTUI_HOME": str(place),
        f"{prefix}_ACTIVECAMPAIGN_API_KEY": ready["activecampaign"]["api_key"],
        f"{prefix}_BLUECONIC_CLIENT_SECRET": ready["blueconic"]["client_secret"],
    }


@contextmanager
def _added(variables: Mapping[str, str]) -> Iterator[None]:
    """Within the block, these variables are in the environment."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _throw_away() -> tempfile.TemporaryDirectory[str]:
    """A temporary folder that is deleted with its object, even if a signal comes at once."""
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    )
    try:
        return tempfile.TemporaryDirectory(prefix="actui-demo-")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _services() -> Iterator[dict[str, Any]]:
    """A sandbox in a process of its own, which ends with the block."""
    argv = [sys.executable, "-P", "-m", "actui", "sandbox"]
    argv += ["--contacts", str(DEMO_CONTACTS), "--profiles", str(DEMO_PROFILES)]
    argv += ["--switch", "batch-speed=fast", "--until-eof"]
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise UnreachableError("The sandbox did not start.")
        yield json.loads(line)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
