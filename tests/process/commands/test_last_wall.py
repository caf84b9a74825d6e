"""What fails beside a command, in a thread, a task or a destructor, shows its kind and no text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FAILING = """
import asyncio, gc, logging, sys, threading
from actui.commands.errors import guarded
from actui.model.redaction import register_secret

KEY = "5ec2e7c0ffee5ec2"

class Destroyed:
    def __del__(self):
        raise ValueError(f"destroyed {KEY}")

def fail():
    raise ValueError(f"thread {KEY}")

async def task():
    raise ValueError(f"task {KEY}")

async def forget():
    started = asyncio.create_task(task())
    await asyncio.wait([started])
    del started
    gc.collect()

def command():
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    asyncio.run(forget())
    Destroyed()
    logging.getLogger("somebody").error("header %s", KEY)
    raise RuntimeError(f"command {KEY}")

register_secret(KEY)
sys.exit(guarded(command))
"""


def test_no_text_of_an_exception_is_printed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", FAILING],
        env={"ACTUI_HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 70
    assert done.stdout == ""
    said = done.stderr.splitlines()
    assert said[:4] == [
        "actui: actui met a bug beside its work (ValueError).",
        "actui met a bug beside its work (ValueError).",
        "actui: actui met a bug beside its work (ValueError).",
        "header […]",
    ]
    assert said[4].startswith("actui: actui met a bug (RuntimeError).")
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"5ec2e7" not in written
