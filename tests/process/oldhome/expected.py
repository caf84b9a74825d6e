"""What commands say about a home: written down by 0.1.0, asked again of every later version."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.process import forked

CONNECTIONS = ("Steady", "Cutoff", "Sums", "Idle")
PEOPLE = (
    "reader0@example.com",
    "reader1@example.com",
    "renamed3@example.com",
    "upper.case@example.com",
    "\u200banna@example.com",
    "zoe\u0308@example.com",
    "jörg@bücher.example.com",
    "eager@example.com",
    "lost@example.org",
    "returns@example.com",
    "zoë.brontë@example.com",
)
"""Of whom `why` is asked."""
TABLES = {
    "sums": "SELECT contact_id, field, property, value FROM sum",
    "open sums": "SELECT contact_id, receipt, sums, matching, profile, sent_at FROM sum_send",
    "memberships": "SELECT goal.id, list, contact_id, at, left_mark FROM membership "
    "JOIN goal ON goal.number = membership.goal",
    "resubscribed": "SELECT list, contact_id, mark, done FROM resubscribed",
    "links": "SELECT hex(profile), contact_id FROM link",
    "claims": "SELECT goal.id, contact_id FROM claim JOIN goal ON goal.number = claim.goal",
    "newcomers": "SELECT goal.id, hex(profile), email, lists, at FROM newcomer "
    "JOIN goal ON goal.number = newcomer.goal",
    "exchanged": "SELECT direction, hex(profile) FROM exchanged",
    "batches": "SELECT number, state, batch_id, profiles, payload, sent_at FROM batch",
    "campaigns": "SELECT id, counters, lists FROM campaign",
    "touches": "SELECT contact_id, campaign, kind, at, n FROM touch",
    "hits": "SELECT id, times, at FROM hit",
    "goals": "SELECT id, config_hash, watermark, reconciled, segment FROM goal",
    "people": "SELECT goal.id, hex(key), outcome, reason, run, hex(fingerprint) FROM person "
    "JOIN goal ON goal.number = person.goal",
    "facts": "SELECT name, value FROM fact WHERE name NOT IN ('activecampaign', 'blueconic')",
}
"""What a ledger holds, by the names under which 0.1.0 stored it."""


def described(home: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """All that the commands print about a copy of a home, and what its ledgers hold."""
    with tempfile.TemporaryDirectory(prefix="actui-oldhome-") as named:
        copy = Path(named) / "home"
        shutil.copytree(home, copy)
        held = {
            name: ledger_rows(copy / "ledgers" / f"c-{name.lower()}" / "ledger.db")
            for name in CONNECTIONS
        }
        return {"commands": printed(copy, environ), "ledgers": held}


def printed(home: Path, environ: Mapping[str, str]) -> dict[str, list[Any]]:
    """The JSON lines of each command that only reads."""
    asked: list[tuple[str, ...]] = [("list",), ("audit", "--limit", "1000"), ("settings",)]
    for name in CONNECTIONS:
        for word in ("runs", "outcomes", "check", "export"):
            more = ("--limit", "500") if word == "runs" else ()
            asked.append((word, name, *more))
        asked.append(("secret", "status", name))
    asked += [("why", "Steady", email) for email in PEOPLE]
    return {" ".join(words): json_lines(home, environ, *words) for words in asked}


def json_lines(home: Path, environ: Mapping[str, str], *words: str) -> list[Any]:
    """What one command prints; it must not fail but for what `check` finds."""
    done = forked.run(*words, "--json", environ={**environ, "ACTUI_HOME": str(home)})
    assert done.returncode == 0 or words[0] == "check", (words, done.returncode, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def ledger_rows(file: Path) -> dict[str, list[list[Any]]]:
    """What a ledger holds, in no particular order."""
    if not file.exists():
        return {}
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        found = {
            name: sorted([list(row) for row in database.execute(query)], key=repr)
            for name, query in TABLES.items()
        }
    finally:
        database.close()
    return found
