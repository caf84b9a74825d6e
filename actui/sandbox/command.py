"""The sandbox as a process: one JSON line when ready, then until a signal or its input's end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox

HINT = (
    "Ready: in another terminal type `actui` and make a connection with the addresses and keys "
    "above; Ctrl+C ends the sandbox."
)


async def _serve(options: SandboxOptions, until_eof: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            stopped.set()

    if until_eof:
        try:
            loop.add_reader(sys.stdin.fileno(), read)
        except OSError:
            raise ValueError("--until-eof needs a pipe as its standard input.") from None
    async with Sandbox(options) as sandbox:
        sys.stdout.write(json.dumps(sandbox.ready) + "\n")
        sys.stdout.flush()
        sys.stderr.write(HINT + "\n")
        sys.stderr.flush()
        await stopped.wait()


def serve(options: SandboxOptions, *, until_eof: bool = False) -> int:
    """Run both services until SIGINT or SIGTERM; returns the exit code.

    With `until_eof` also until stdin ends: a pipe from the starting process ends with that process,
    however it ends. Raises ValueError if stdin cannot be watched.
    """
    asyncio.run(_serve(options, until_eof))
    return 0
