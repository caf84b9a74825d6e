"""A sandbox with a state file comes back with the same ports, keys and rows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actui.sandbox.kept import FORMAT
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from actui.sandbox.switches import Switches
from tests.services.sandbox.conftest import Ports
from tests.services.sandbox.test_profiles import made, rule

ROOT = Path(__file__).resolve().parents[3]
HERE = {"contacts": 30, "profiles": 40, "seed": 5}


async def test_ports_keys_and_rows_outlive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with Sandbox(SandboxOptions(**HERE, limits="off", state=state)) as first:
        ready, ports = first.ready, Ports(first.ready)
        await ports.authorise()
        await ports.ac.post("/contacts", json={"contact": {"email": "new@example.net"}})
        await ports.imported({"email": "bulk@example.net", "subscribe": [{"listid": 1}]})
        number = await made(ports, rule("city", "Utrecht"))
        await ports.mutate("blueconic", "consent", id=number)
        await ports.bc.delete("/profileProperties/tier")
        history = (await ports.bc.get(f"/profileEvents/{number}")).json()
        # Queued, and due only after the restart.
        late = {"contacts": [{"email": "late@example.net"}]}
        batch = (await ports.ac.post("/import/bulk_import", json=late)).json()["batchId"]
        await ports.advance(0.5)
        await ports.switch(contact_case="lower")
        before = [await ports.lines("/contacts"), await ports.lines("/profiles")]
        await ports.close()
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    async with Sandbox(SandboxOptions(limits="off", state=state)) as second:
        assert second.ready == ready
        assert second.switches["contact-case"] == "lower"
        ports = Ports(second.ready)
        await ports.advance(5)
        after = [await ports.lines("/contacts"), await ports.lines("/profiles")]
        info = await ports.ac.get("/import/info", params={"batchId": batch})
        await ports.authorise()
        assert history["totalResults"] == 1
        assert (await ports.bc.get(f"/profileEvents/{number}")).json() == history
        assert (await ports.bc.get("/profileProperties/tier")).status_code == 404
        await ports.close()
    assert info.json()["status"] == "completed"
    late_ones = [row for row in after[0] if row["email"] == "late@example.net"]
    assert len(late_ones) == 1
    after[0].remove(late_ones[0])
    assert [row for row in before[0] if row["email"] != "late@example.net"] == after[0]
    assert before[1] == after[1]


async def test_tags_hits_and_list_changes_outlive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state"
    paths = ("/tags", "/contactTags", "/linkData", "/activities?limit=100", "/fields", "/segments")
    seen = []
    async with Sandbox(SandboxOptions(**HERE, limits="off", state=state)) as first:
        ports = Ports(first.ready)
        await ports.imported(
            {"email": "a@example.net", "subscribe": [{"listid": 3}], "tags": ["T"]}
        )
        await ports.mutate("activecampaign", "open", id="a@example.net", campaign=1)
        await ports.ac.delete("/fields/2")
        seen.append([(await ports.ac.get(path)).json() for path in paths])
        await ports.close()
    async with Sandbox(SandboxOptions(limits="off", state=state)) as second:
        ports = Ports(second.ready)
        seen.append([(await ports.ac.get(path)).json() for path in paths])
        # A repeat changes the row that was there before the restart.
        await ports.mutate("activecampaign", "open", id="a@example.net", campaign=1)
        hits = (await ports.ac.get("/linkData")).json()["linkData"]
        await ports.close()
    assert seen[0] == seen[1]
    assert [row["times"] for row in hits] == ["2"]


def test_a_switch_that_came_after_the_state_has_its_first_reading() -> None:
    kept = Switches({"contact-case": "lower"})
    kept.__dict__["_chosen"].pop("batch-speed")
    kept.__dict__["_chosen"].update({"gone": "yes", "list-stamp": "no reading"})
    found = pickle.loads(pickle.dumps(kept))
    assert found["contact-case"] == "lower"
    assert (found["batch-speed"], found["list-stamp"]) == ("normal", "lags")
    assert found.listing().keys() == Switches({}).listing().keys()


async def test_other_numbers_than_the_kept_ones_are_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with Sandbox(SandboxOptions(**HERE, state=state)):
        pass
    with pytest.raises(ValueError, match="was made with --contacts 30"):
        Sandbox(SandboxOptions(contacts=31, state=state))
    Sandbox(SandboxOptions(**HERE, state=state))


async def test_a_second_sandbox_on_the_same_state_is_told(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with Sandbox(SandboxOptions(**HERE, state=state)):
        with pytest.raises(ValueError, match="in use"):
            async with Sandbox(SandboxOptions(state=state)):
                raise AssertionError("two sandboxes on the same ports")


class Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("exit 3",)


async def test_a_state_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be written: No such file"):
        async with Sandbox(SandboxOptions(**HERE, state=tmp_path / "nowhere" / "state")):
            raise AssertionError("it runs without keeping anything")


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", FORMAT.encode(), FORMAT.encode() + pickle.dumps(Harm()), b"other 9\n" + b"x"],
)
def test_a_file_that_is_no_state_is_refused_and_runs_nothing(
    tmp_path: Path, content: bytes
) -> None:
    state = tmp_path / "state"
    state.write_bytes(content)
    with pytest.raises(ValueError, match="state"):
        Sandbox(SandboxOptions(state=state))
    assert state.read_bytes() == content


@contextlib.asynccontextmanager
async def started(
    state: Path,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, dict[str, str]]]]:
    """A sandbox as a process of its own, gone at the end."""
    code = (
        "import sys; from pathlib import Path; from actui.sandbox.command import serve; "
        "from actui.sandbox.options import SandboxOptions; "
        f"sys.exit(serve(SandboxOptions(limits='off', state=Path({str(state)!r}))))"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def saved_again(state: Path, before: os.stat_result) -> None:
    """Wait until another file stands in the state's place."""
    while state.stat() == before:  # noqa: ASYNC110, ASYNC240  another process writes it
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("through", ["service", "control"])
async def test_a_killed_sandbox_comes_back_as_it_was_last_saved(
    tmp_path: Path, through: str
) -> None:
    state = tmp_path / "state"
    async with started(state) as (process, ready):
        ports = Ports(ready)
        before = state.stat()
        if through == "service":
            body = {"contact": {"email": "new@example.net"}}
            (await ports.ac.post("/contacts", json=body)).raise_for_status()
        else:
            # No request to a service: the change itself must be saved.
            await ports.mutate("activecampaign", "create", set={"email": "new@example.net"})
        await saved_again(state, before)
        people = await ports.lines("/contacts")
        await ports.close()
        process.kill()
        assert await process.wait() == -signal.SIGKILL
    async with started(state) as (process, again):
        assert again == ready
        ports = Ports(again)
        assert await ports.lines("/contacts") == people
        assert people[-1]["email"] == "new@example.net"
        await ports.close()
        process.terminate()
        assert await process.wait() == 0
