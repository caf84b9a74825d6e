"""Deliberately broken versions of the program, each of which a bench must catch.

`python -m tests.bench broken [--only TEXT]`. Each breakage replaces some lines in a copy of the
program, and one named bench is run on that copy: it must fail. The same bench on an unbroken copy
must hold, or it would prove nothing. A breakage whose lines are gone has to be written anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figures, budget

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("actui", "screens", "store", "tests", "pyproject.toml")
LONGEST = 1_800
"""Seconds that one bench may take on a copy."""
Bench = tuple[str, ...]
SUM_LOST: Bench = ("faults", "--only", "reset-after-commit first PUT /rest/v2/profiles")
UNTAKEN: Bench = ("faults", "--only", "503 always PUT /rest/v2/profiles")
DURABLE: Bench = ("chaos", "--count", "0")
IMPORT: Bench = ("chaos", "--only", "import with Sum", "--count", "6", "--seed", "1118")
ROWS: Bench = ("mutate", "--only", "row", "--count", "120", "--seed", "7")
LOST_ROWS: Bench = ("mutate", "--only", "row lost", "--count", "60", "--seed", "7")
ONE_WRITE: Bench = ("disk", "--only", "alone: import with Sum", "--count", "6", "--seed", "3")
CROWD: Bench = ("crowd", "--count", "12", "--seed", "3")
ECHO: Bench = ("secrets", "--only", "environment, activecampaign echoes json-400")


@dataclass(frozen=True)
class Breakage:
    """Some lines of one file, and what stands there instead; the bench that must notice."""

    file: str
    old: str
    new: str
    bench: Bench


BREAKAGES: dict[str, Breakage] = {
    "no journal before an import is sent": Breakage(
        "actui/sync/importing/sum_receipts.py",
        "        self._sums.journal(",
        "        (lambda *a, **k: None)(",
        IMPORT,
    ),
    "a batch is journalled after it was sent": Breakage(
        "actui/sync/exporting/batches.py",
        """            number = self._journal(part)
            try:
                answer = await self._run.activecampaign.bulk_import(
                    [sent.row for sent in part], exclude_automations=not self._automations
                )
""",
        """            number = -1
            try:
                answer = await self._run.activecampaign.bulk_import(
                    [sent.row for sent in part], exclude_automations=not self._automations
                )
                number = self._journal(part)
""",
        ("faults", "--only", "after-commit first POST /api/3/import/bulk_import"),
    ),
    "no fsync of documents": Breakage(
        "store/json_file.py",
        "                os.fsync(file.fileno())\n            self._keep_copy()\n",
        "            self._keep_copy()\n",
        DURABLE,
    ),
    "commits of the ledger are not on the disk": Breakage(
        "store/ledger/schema.py",
        '"PRAGMA synchronous = FULL"',
        '"PRAGMA synchronous = OFF"',
        DURABLE,
    ),
    "no lock on a run": Breakage(
        "store/locks.py",
        "        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "        os.fstat(descriptor)\n",
        CROWD,
    ),
    "no lock on documents": Breakage(
        "store/json_file.py", "        lock.acquire()\n", "        pass\n", CROWD
    ),
    "the receipt of a Sum is ignored": Breakage(
        "actui/sync/importing/sum_receipts.py",
        "            if any(send.receipt in values for values in profile.properties.values()):\n"
        "                return Verdict.APPLIED\n"
        "            values = profile.properties.get(RECEIPT_PROPERTY, ())\n",
        "            values = ()\n",
        SUM_LOST,
    ),
    "what was summed is forgotten": Breakage(
        "actui/sync/importing/entries.py",
        "        if before == value:\n            return None\n",
        "",
        ("mutate", "--only", "order", "--count", "20"),
    ),
    "no redaction": Breakage(
        "actui/model/redaction.py",
        "    for secret in sorted(_secrets, key=len, reverse=True):",
        "    for secret in list[str]():",
        ECHO,
    ),
    "claims of other connections are forgotten": Breakage(
        "actui/sync/exporting/leavers.py",
        "            theirs = self._claims(list_id, contacts)\n",
        "            theirs = set[int]()\n",
        SUM_LOST,
    ),
    "an incomplete listing counts as complete": Breakage(
        "actui/sync/exporting/segment_listing.py",
        "        return self._ended and self._is_readable and missing <= self.total * "
        "MAX_MISSING_SHARE\n",
        "        return missing > -1\n",
        LOST_ROWS,
    ),
    "an unreadable list row is skipped": Breakage(
        "actui/api/activecampaign/rows.py",
        "        if list_id == ANY_LIST:\n            status = ListStatus.UNREADABLE\n",
        "        if status is ListStatus.UNREADABLE or list_id == ANY_LIST:\n"
        "            continue\n",
        ROWS,
    ),
    "counts before the commit": Breakage(
        "actui/sync/run/goal_run.py",
        """        self.ledger.commits.write(self.run, self.goal.id, done, counted)
        # the one object that is shown and saved: it counts what is durable and nothing else
        self._count(self.summary, done)
""",
        """        self._count(self.summary, done)
        self.ledger.commits.write(self.run, self.goal.id, done, counted)
""",
        ONE_WRITE,
    ),
    "a fingerprint before the answer": Breakage(
        "actui/sync/importing/sender.py",
        "        results = await self._run.blueconic.write_profiles(\n",
        """        self._run.commit(
            BatchCommit(
                records=[
                    (str(e.contact.id), plain_record(e, Outcome.UPDATED), e.fingerprint.today)
                    for e in entries
                ]
            )
        )
        results = await self._run.blueconic.write_profiles(
""",
        UNTAKEN,
    ),
    # a recheck finds in a small world what the watermark has passed over
    "the watermark moves although the goal failed, without rechecks": Breakage(
        "actui/sync/importing/importer.py",
        """        finally:
            await self._settle()
        run.stop.check()
        await self._settle_late()
        run.stop.check()
        await self._complete(highest_id)
        self._tell_no_identifiers()
        run.finished(read_everything=self._everything)
        if self._wants_recheck:
""",
        """        finally:
            from dataclasses import replace
            from actui.sync.run.meter import stamp

            state = run.ledger.goals.state(self._goal.id)
            at = stamp(run.started_at)
            config = self._goal.config_hash()
            after = replace(state, watermark=at, config_hash=config)
            run.ledger.goals.save_state(self._goal.id, after)
            await self._settle()
        run.stop.check()
        await self._settle_late()
        run.stop.check()
        await self._complete(highest_id)
        self._tell_no_identifiers()
        run.finished(read_everything=self._everything)
        if False:
""",
        UNTAKEN,
    ),
    "stop is ignored": Breakage(
        "actui/sync/run/stop.py",
        "        if self.level:\n            raise StoppedError(",
        "        if self.level > 9:\n            raise StoppedError(",
        IMPORT,
    ),
    "the threshold is ignored": Breakage(
        "actui/sync/exporting/threshold.py",
        "        return {contact for contact, count in found.items() if count >= self._cap.most}\n",
        "        return {contact for contact, count in found.items() if count >= 10**6}\n",
        SUM_LOST,
    ),
    "members who are not active are subscribed": Breakage(
        "actui/sync/exporting/list_joining.py",
        "            if (one.id not in list_status and person.bounced is None)\n",
        "            if True\n",
        SUM_LOST,
    ),
}


def copied(place: Path, breakage: Breakage | None) -> Path:
    """A copy of the program, with the breakage in it.

    Raises LookupError where the lines that it replaces are not there once.
    """
    for part in PARTS:
        there = ROOT / part
        if there.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "recorded", "oldhome", "golden")
            shutil.copytree(there, place / part, ignore=ignored)
        else:
            shutil.copy(there, place / part)
    if breakage is not None:
        file = place / breakage.file
        text = file.read_text()
        if not breakage.old or text.count(breakage.old) != 1:
            raise LookupError(f"{breakage.file} has changed: write the breakage anew")
        file.write_text(text.replace(breakage.old, breakage.new))
    return place


def fails(place: Path, bench: Bench) -> tuple[bool, str]:
    """Whether the bench fails on a copy, and the end of what it printed."""
    seed = () if "--seed" in bench else ("--seed", "1")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench", *bench, *seed],
            cwd=place,
            env={**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True, "it did not come to its end"
    told = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    if any(name in done.stdout + done.stderr for name in ("NameError", "ImportError")):
        return False, "the breakage names what is not there: write it anew"
    if not told and done.returncode != 0:
        return False, f"the bench itself failed: {done.stderr[-300:]}"
    return done.returncode == 1, (told or [""])[0][:160]


def main(argv: Sequence[str]) -> int:
    """Print which bench caught which breakage; 1 where one passed."""
    about = "Deliberately broken versions, each caught by a named bench."
    given = budget(argv, "broken", about, count=len(BREAKAGES), counts="breakages", only="one")
    figures = Figures("broken", given.seed)
    chosen = {name: one for name, one in BREAKAGES.items() if given.only in name}
    rows: list[str] = []
    sound: dict[Bench, bool] = {}
    for done, (name, breakage) in enumerate(chosen.items()):
        if given.is_spent(done):
            break
        bench = " ".join(breakage.bench)
        with tempfile.TemporaryDirectory(prefix="actui-broken-") as folder:
            try:
                copied(Path(folder), breakage)
            except LookupError as wrong:
                figures.failed(name, str(wrong))
                continue
            began = time.monotonic()
            caught, how = fails(Path(folder), breakage.bench)
            seconds = time.monotonic() - began
        if breakage.bench not in sound:
            with tempfile.TemporaryDirectory(prefix="actui-sound-") as folder:
                sound[breakage.bench] = not fails(copied(Path(folder), None), breakage.bench)[0]
        if caught and sound[breakage.bench]:
            figures.held(name)
        else:
            why = how or "passed" if not caught else "fails on the unbroken program as well"
            figures.failed(name, f"{bench}: {why}")
        said = "yes" if caught else "NO"
        rows.append(f"| {name} | {bench.partition(' ')[0]} | {said} | {seconds:.0f} | {how} |")
    print("| broken version | bench | caught | seconds | first of what it printed |")
    print("|---|---|---|---:|---|")
    print("\n".join(rows), flush=True)
    return figures.ended(as_json=given.as_json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
