"""The sandbox as a process: one JSON line when ready, then until a signal."""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox

HINT = (
    "Ready: in another terminal type `actui` and make a connection with the addresses and keys "
    "above; Ctrl+C ends the sandbox."
)


async def _serve(options: SandboxOptions) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with Sandbox(options) as sandbox:
        sys.stdout.write(json.dumps(sandbox.ready) + "\n")
        sys.stdout.flush()
        sys.stderr.write(HINT + "\n")
        sys.stderr.flush()
        await stopped.wait()


def serve(options: SandboxOptions) -> int:
    """Run both services until SIGINT or SIGTERM; returns the exit code."""
    asyncio.run(_serve(options))
    return 0
