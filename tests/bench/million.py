"""A million people through the sandbox: `python tests/bench/million.py [PEOPLE]`.

An import by actui, then what an export of everybody is to the sandbox: every profile of a segment
read and every contact written by bulk import. (actui itself keeps 100 bulk requests a minute, a
million would take forty minutes more.) Tells how long the sandbox takes to start and how much
memory it and the run take at most: the bounds are 20 s and 2 GB. Loopback only.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from actui.model.settings import Settings
from store.home import Home as Places
from store.settings import SettingsFile
from tests.process.e2e.processes import ACTUI, Home

IMPORT = {
    "name": "Everybody in",
    "contacts": "all",
    "create_profiles": True,
    "identifiers": [{"field": "email", "property": "email"}],
    "mappings": [
        {"field": "firstName", "property": "first_name", "rule": "set"},
        {"field": "%CITY%", "property": "city", "rule": "set"},
    ],
}


def peak(pid: int) -> int:
    """The most memory a process has had, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def main(people: int) -> None:
    """Start, import, export."""
    words = ["--contacts", str(people), "--profiles", str(people), "--limits", "off"]
    words += ["--switch", "batch-speed=fast"]
    began = time.monotonic()
    sandbox = subprocess.Popen(
        [*ACTUI, "sandbox", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert sandbox.stdout is not None
        ready = json.loads(sandbox.stdout.readline())
        print(f"ready after {time.monotonic() - began:.1f} s, {peak(sandbox.pid)} MB", flush=True)
        with tempfile.TemporaryDirectory() as place:
            imported(Path(place), ready)
        print(f"sandbox at most {peak(sandbox.pid)} MB", flush=True)
        began = time.monotonic()
        read, written = asyncio.run(exported(ready))
        seconds = time.monotonic() - began
        print(f"{read:,} profiles read, {written:,} contacts written in {seconds:.0f} s")
        print(f"sandbox at most {peak(sandbox.pid)} MB", flush=True)
    finally:
        sandbox.terminate()
        sandbox.wait(60)


def imported(place: Path, ready: dict[str, Any]) -> None:
    """All contacts into BlueConic, by actui."""
    home = Home(place, ready, {"name": "Million", "enabled": True, "goals": [{"import": IMPORT}]})
    settings = Settings(requests_per_second=2_000, request_seconds=120, settle_seconds=1)
    SettingsFile(Places.open(home.environ)).save(settings)
    subprocess.run([*ACTUI, "apply", str(home.file)], env=home.environ, check=True)
    began = time.monotonic()
    words = [*ACTUI, "run", "Million", "--json"]
    with subprocess.Popen(words, env=home.environ, stdout=subprocess.PIPE, text=True) as run:
        most = 0
        while run.poll() is None:
            try:
                most = max(most, peak(run.pid))
            except (OSError, StopIteration):
                break  # it has just ended
            time.sleep(1)
        goal = json.loads(run.communicate()[0])["goals"][0]
    told = {key: goal[key] for key in ("read", "created", "updated", "unchanged", "skipped")}
    size = sum(one.stat().st_size for one in place.rglob("*") if one.is_file())
    seconds = time.monotonic() - began
    print(f"{told} in {seconds:.0f} s: run at most {most} MB, home {size / 1e6:.0f} MB", flush=True)


async def exported(ready: dict[str, Any]) -> tuple[int, int]:
    """Everybody's profile read, everybody's contact written."""
    async with httpx.AsyncClient(timeout=120) as http:
        mine = ready["blueconic"]
        form = {"grant_type": "client_credentials", "client_id": mine["client_id"]}
        form["client_secret"] = mine["client_secret"]
        answer = await http.post(f"{mine['url']}/rest/v2/oauth/token", data=form)
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        read = 0
        async for page in pages(http, mine["url"]):
            read += len(page)
        return read, await written(ready)


async def pages(http: httpx.AsyncClient, url: str) -> AsyncIterator[list[Any]]:
    """The largest segment, page by page."""
    found = (await http.get(f"{url}/rest/v2/segments", params={"count": 1000})).json()["segments"]
    segment = next(one["id"] for one in found if one["name"] == "All profiles")
    params = {"count": "1000", "properties": "email"}
    while True:
        path = f"{url}/rest/v2/segments/{segment}/profiles"
        answer = (await http.get(path, params=params)).json()
        yield answer["profiles"]
        if not answer.get("nextCursor"):
            return
        params["cursor"] = answer["nextCursor"]


async def written(ready: dict[str, Any]) -> int:
    """Every contact with an address gets a value and a list."""
    mine = ready["activecampaign"]
    headers = {"Api-Token": mine["api_key"]}
    async with httpx.AsyncClient(timeout=120, headers=headers) as http:
        last, count = 0, 0
        while True:
            params = {"limit": 100, "orders[id]": "ASC", "id_greater": last}
            found = (await http.get(f"{mine['url']}/api/3/contacts", params=params)).json()
            if not found["contacts"]:
                return count
            last = int(found["contacts"][-1]["id"])
            rows = [
                {
                    "email": one["email"],
                    "fields": [{"id": 8, "value": f"shop {last}"}],
                    "subscribe": [{"listid": 5}],
                }
                for one in found["contacts"]
                if "." in one["email"].partition("@")[2]
            ]
            body = {"contacts": rows}
            answer = await http.post(f"{mine['url']}/api/3/import/bulk_import", json=body)
            count += len(rows) if answer.status_code == 200 else 0


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
