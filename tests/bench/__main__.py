"""`python -m tests.bench NAME …`: every long proof and every measurement by its name."""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Sequence

PROOFS = {
    "chaos": "the real program killed at random instants, continued, and compared",
    "faults": "every endpoint with every kind of fault at the first, middle, last and every call",
    "mutate": "thousands of changed answers: no traceback, no hang, no wrong write",
    "crowd": "many processes at once on one home",
    "secrets": "marked secrets, searched for in all that is written, sent and printed",
    "disk": "the real program on full disks, continued once there is room, and compared",
    "broken": "deliberately broken versions, each caught by one of the above",
}
"""Each has `main(argv) -> int`, takes --count, --seed and --minutes, and ends by itself."""
MODULES = {"secrets": "marked_secrets"}
"""Modules of another name: a script in this folder would take `secrets` for Python's own."""
MEASUREMENTS = {
    "import_rate": "how much of ActiveCampaign's limit an import uses",
    "late_matches": "what the recheck of an import costs, and how soon people arrive",
    "live_bytes": "bytes on the line of a console that follows a run",
    "long_proofs": "the suite's short proofs at length",
    "million": "a million people through the sandbox",
    "twenty_scheduled": "the scheduler with twenty connections",
}
"""Scripts that print their figures."""


def main(argv: Sequence[str]) -> int:
    """Run one bench; its exit code. Without a name, or with a wrong one: the list of them."""
    name = argv[0] if argv else ""
    if name in PROOFS:
        code: int = importlib.import_module(f"tests.bench.{MODULES.get(name, name)}").main(
            list(argv[1:])
        )
        return code
    if name in MEASUREMENTS:
        sys.argv = [name, *argv[1:]]
        runpy.run_module(f"tests.bench.{name}", run_name="__main__", alter_sys=False)
        return 0
    print("usage: python -m tests.bench NAME [--count N] [--seed S] [--minutes M]\n")
    for one, about in {**PROOFS, **MEASUREMENTS}.items():
        print(f"  {one:17} {about}")
    return 0 if name in ("", "-h", "--help") else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
