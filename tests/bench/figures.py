"""What a bench found: its table of figures, its seed, and what it takes on the command line."""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

SHOWN = 20
"""Failures printed in full; the table counts the others."""


@dataclass
class Budget:
    """How much a bench may do: `count` things, for at most `minutes`; `seed` draws them."""

    count: int
    seed: int
    minutes: float | None = None
    as_json: bool = False
    only: str = ""
    began: float = field(default_factory=time.monotonic)

    def is_spent(self, done: int) -> bool:
        """Whether nothing more is to be tried."""
        late = self.minutes is not None and time.monotonic() - self.began > 60 * self.minutes
        return late or done >= self.count

    @property
    def draw(self) -> random.Random:
        """A new source of what happens, the same for the same seed."""
        return random.Random(self.seed)


def budget(
    argv: Sequence[str], bench: str, about: str, *, count: int, counts: str, only: str = "part"
) -> Budget:
    """What the command line asks for; `counts` says of what there are `--count`."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.bench {bench}", description=about)
    parser.add_argument("--count", type=int, default=count, help=f"{counts}; default {count:,}")
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, printed")
    parser.add_argument("--minutes", type=float, default=None, help="end after that many")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help=f"each {only} with it in its name"
    )
    parser.add_argument("--json", action="store_true", help="print the table as JSON as well")
    given = parser.parse_args(argv)
    seed = random.SystemRandom().randrange(1, 10**6) if given.seed is None else given.seed
    return Budget(given.count, seed, given.minutes, given.json, given.only)


@dataclass
class Line:
    """One line of the table."""

    tried: int = 0
    held: int = 0
    excepted: int = 0


@dataclass
class Figures:
    """The table of one bench: what was tried, what held, and exceptions with their reasons."""

    bench: str
    seed: int
    lines: dict[str, Line] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    exceptions: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    """Further figures, printed below the table."""
    tallies: dict[str, Counter[str]] = field(default_factory=dict)
    """How often what was drawn, for instance which signal."""
    echo: Callable[[str], None] = lambda text: print(text, flush=True)

    def line(self, what: str) -> Line:
        """The line of `what`."""
        return self.lines.setdefault(what, Line())

    def held(self, what: str) -> None:
        """Once more it was tried, and held."""
        self.line(what).tried += 1
        self.line(what).held += 1

    def failed(self, what: str, how: str) -> None:
        """Once more it was tried, and did not hold."""
        self.line(what).tried += 1
        self.failures.append(f"{what}: {how}")
        if len(self.failures) <= SHOWN:
            self.echo(f"FAILED {what}: {how}")

    def excepted(self, what: str, name: str, reason: str) -> None:
        """Once more it was tried, and ended as a named exception allows."""
        self.line(what).tried += 1
        self.line(what).excepted += 1
        self.exceptions[name] = reason

    def tally(self, kind: str, name: str) -> None:
        """One more of a kind that was drawn."""
        self.tallies.setdefault(kind, Counter())[name] += 1

    @property
    def tried(self) -> int:
        """Everything that was tried."""
        return sum(line.tried for line in self.lines.values())

    def markdown(self) -> str:
        """The table, the exceptions with reasons, and the seed."""
        rows = [(name, line) for name, line in self.lines.items()]
        total = Line(
            self.tried,
            sum(line.held for _, line in rows),
            sum(line.excepted for _, line in rows),
        )
        table = [
            f"## {self.bench}",
            "",
            "| what | tried | held | exceptions | failed |",
            "|---|---:|---:|---:|---:|",
            *(
                f"| {name} | {one.tried:,} | {one.held:,} | {one.excepted:,} "
                f"| {one.tried - one.held - one.excepted:,} |"
                for name, one in [*rows, ("**all**", total)]
            ),
            "",
            *(f"- exception: {name}: {why}" for name, why in sorted(self.exceptions.items())),
            *(f"- {name}: {value}" for name, value in self.notes.items()),
            *(
                f"- {kind}: " + ", ".join(f"{name} {n:,}" for name, n in sorted(tally.items()))
                for kind, tally in self.tallies.items()
            ),
            f"- seed: {self.seed}",
        ]
        return "\n".join(table)

    def ended(self, *, as_json: bool = False) -> int:
        """Print everything; the exit code: 0 where all held or is a named exception."""
        self.echo(self.markdown())
        for how in self.failures[SHOWN:]:
            self.echo(f"FAILED {how[:300]}")
        if as_json:
            lines = {name: vars(line) for name, line in self.lines.items()}
            facts = {"bench": self.bench, "seed": self.seed, "lines": lines}
            facts |= {"exceptions": self.exceptions, "notes": self.notes, "drawn": self.tallies}
            self.echo(json.dumps({**facts, "failures": self.failures}))
        return 1 if self.failures else 0
