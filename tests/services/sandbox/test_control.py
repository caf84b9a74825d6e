"""The control port: faults, outside changes, the log; and the sandbox as a process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from actui.sandbox.activecampaign import contact_store
from actui.sandbox.activecampaign.rows import Contact
from actui.sandbox.blueconic.rows import Profile
from actui.sandbox.blueconic.seeded_profiles import Population
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[3]
ME = "/api/3/users/me"


@pytest.mark.parametrize(
    ("kind", "status", "kept"),
    [
        ("429", 429, ""),
        ("429-no-header", 429, ""),
        ("503", 503, ""),
        ("500-html", 500, "text/html; charset=utf-8"),
        ("200-html", 200, "text/html; charset=utf-8"),
        ("redirect", 302, ""),
        ("403-bare", 403, ""),
        ("empty", 200, "application/json"),
    ],
)
async def test_canned_answers(ports: Any, kind: str, status: int, kept: str) -> None:
    await ports.fault(kind, service="activecampaign", path=ME)
    answer = await ports.ac.get("/users/me")
    assert (answer.status_code, answer.headers.get("content-type", "")) == (status, kept)
    assert ("retry-after" in answer.headers) == (kind == "429")
    assert (await ports.ac.get("/users/me")).status_code == 200


async def test_faults_count_what_they_let_through_and_strike(ports: Any) -> None:
    await ports.fault("503", method="GET", path="/api/3/users/.*", after=1, times=2)
    codes = [(await ports.ac.get("/users/me")).status_code for _ in range(4)]
    assert codes == [200, 503, 503, 200]
    await ports.fault("503", times=-1)
    assert (await ports.ac.get("/users/me")).status_code == 503
    await ports.control.delete("/faults")
    assert (await ports.ac.get("/users/me")).status_code == 200
    wrong = await ports.control.post("/faults", json={"kind": "meteor"})
    assert wrong.status_code == 400


async def test_truncated_answers_are_half_of_the_json(ports: Any) -> None:
    await ports.fault("truncated")
    with pytest.raises(ValueError, match=r"[Ee]xpecting|[Uu]nterminated"):
        (await ports.ac.get("/users/me")).json()


SYNC = {"contact": {"email": "fault@example.org"}}


async def stored(ports: Any) -> bool:
    return any(one["email"] == "fault@example.org" for one in await ports.lines("/contacts"))


@pytest.mark.parametrize(("kind", "applied"), [("reset", False), ("reset-after-commit", True)])
async def test_resets_break_the_connection(ports: Any, kind: str, applied: bool) -> None:
    await ports.fault(kind)
    with pytest.raises(httpx.NetworkError):
        await ports.ac.post("/contact/sync", json=SYNC)
    assert await stored(ports) is applied
    assert (await ports.ac.get("/users/me")).status_code == 200


@pytest.mark.parametrize(("kind", "applied"), [("timeout", False), ("timeout-after-commit", True)])
async def test_timeouts_never_answer(ports: Any, kind: str, applied: bool) -> None:
    await ports.fault(kind)
    with pytest.raises(httpx.ReadTimeout):
        await ports.ac.post("/contact/sync", json=SYNC, timeout=0.1)
    assert await stored(ports) is applied


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 429, 499, 502, 503])
@pytest.mark.parametrize(
    ("body", "kept"),
    [("", ""), ("{}", "application/json"), ("<p>Sorry</p>", "text/html; charset=utf-8")],
)
async def test_any_status_may_be_answered_after_the_request_was_applied(
    ports: Any, status: int, body: str, kept: str
) -> None:
    await ports.fault(f"{status}-after-commit", body=body)
    answer = await ports.ac.post("/contact/sync", json=SYNC)
    assert (answer.status_code, answer.text) == (status, body)
    assert answer.headers.get("content-type", "") == kept
    assert await stored(ports)
    assert (await ports.ac.post("/contact/sync", json=SYNC)).status_code == 200


async def test_only_a_status_may_stand_before_after_commit(ports: Any) -> None:
    for kind in ("99-after-commit", "600-after-commit", "5030-after-commit", "-after-commit"):
        answer = await ports.control.post("/faults", json={"kind": kind})
        assert answer.status_code == 400


async def test_partial_then_reset_applies_the_first_half(ports: Any) -> None:
    await ports.fault("partial-then-reset")
    entries = [
        {
            "matching": [[{"id": "email", "value": f"h{n}@example.org"}]],
            "properties": [{"id": "email", "values": [f"h{n}@example.org"], "strategy": "SET"}],
            "strategy": "UPSERT",
        }
        for n in range(4)
    ]
    with pytest.raises(httpx.NetworkError):
        await ports.bc.put("/profiles", json=entries)
    answers = await ports.put(*entries)
    assert [one["state"] for one in answers] == ["UNCHANGED"] * 2 + ["CREATED"] * 2


async def test_commit_late_applies_after_the_connection_is_gone(ports: Any) -> None:
    await ports.fault("commit-late", seconds=30)
    with pytest.raises(httpx.NetworkError):
        await ports.ac.post("/contact/sync", json=SYNC)
    assert not await stored(ports)
    await ports.advance(31)
    await asyncio.sleep(0.02)
    assert await stored(ports)


@pytest.mark.parametrize("kind", ["slow", "hold"])
async def test_slow_and_held_requests_go_on(ports: Any, kind: str) -> None:
    await ports.fault(kind, seconds=30)
    waiting = asyncio.create_task(ports.ac.post("/contact/sync", json=SYNC))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    if kind == "slow":
        await ports.advance(31)
    else:
        await ports.control.post("/release")
    assert (await waiting).status_code == 201


async def test_changes_can_wait_for_a_request(ports: Any) -> None:
    member = await ports.on_list(3, 1)
    after = {"method": "GET", "path": ME, "count": 2}
    await ports.mutate("activecampaign", "unsubscribe", id=member["id"], list=3, after=after)
    for status in (1, 2):
        await ports.ac.get("/users/me")
        assert (await ports.contact(member["email"]))["lists"]["3"] == status


async def test_changes_inside_the_account(ports: Any) -> None:
    values = {"email": "in@example.org", "fields": {"TIER": "gold"}, "lists": {"VIP": 1}}
    number = (await ports.mutate("activecampaign", "create", set=values))["id"]
    await ports.mutate("activecampaign", "update", id=number, set={"firstName": "Ina"})
    await ports.mutate("activecampaign", "bounce", id=number)
    held = await ports.contact("in@example.org")
    assert (held["firstName"], held["fields"], held["lists"]) == ("Ina", {"TIER": "gold"}, {"5": 3})
    await ports.mutate("activecampaign", "erase", id=number)
    row = (await ports.ac.get(f"/contacts/{number}")).json()["contact"]
    assert (row["anonymized"], row["email"]) == ("1", "")
    await ports.mutate("activecampaign", "delete", id=number)
    assert (await ports.ac.get(f"/contacts/{number}")).status_code == 404
    wrong = {"service": "activecampaign", "op": "delete", "id": number}
    assert (await ports.control.post("/mutate", json=wrong)).status_code == 400


async def test_a_change_from_outside_names_its_moment(ports: Any) -> None:
    at = "2026-01-02T12:00:00Z"
    values = {"email": "then@example.org"}
    number = (await ports.mutate("activecampaign", "create", set=values, at=at))["id"]
    row = (await ports.ac.get(f"/contacts/{number}")).json()["contact"]
    assert row["cdate"] == row["udate"] == "2026-01-02T06:00:00-06:00"
    await ports.mutate("activecampaign", "update", id=number, set={"phone": "1"}, at=at)
    await ports.mutate("activecampaign", "subscribe", id=number, list="VIP", at=at)
    lists = (await ports.ac.get(f"/contacts/{number}/contactLists")).json()["contactLists"]
    assert lists[0]["sdate"] == row["cdate"]
    wrong = {"service": "activecampaign", "op": "update", "id": number, "at": "2026-01-02T12:00"}
    assert (await ports.control.post("/mutate", json=wrong)).status_code == 400


async def test_the_log_names_requests_and_answers(ports: Any) -> None:
    await ports.control.delete("/requests")
    await ports.ac.get("/contacts/1")
    await ports.ac.get("/contacts", params={"limit": 1})
    log = (await ports.control.get("/requests")).json()
    assert [(one["method"], one["path"], one["status"]) for one in log] == [
        ("GET", "/api/3/contacts/1", 200),
        ("GET", "/api/3/contacts?limit=1", 200),
    ]
    summary = (await ports.control.get("/requests", params={"summary": 1})).json()
    assert {one["path"] for one in summary} == {"/api/3/contacts/*", "/api/3/contacts"}


async def test_switches_are_listed_and_checked(ports: Any) -> None:
    listing = (await ports.control.get("/switches")).json()
    assert listing["batch-speed"]["chosen"] == "normal"
    for wrong in ({"nonsense": "x"}, {"batch-speed": "x"}):
        assert (await ports.control.post("/switches", json=wrong)).status_code == 400
    assert (await ports.control.get("/health")).json()["ok"] is True


async def test_the_date_header_follows_the_clock(ports: Any) -> None:
    before = (await ports.ac.get("/users/me")).headers["date"]
    await ports.advance(86400)
    assert (await ports.ac.get("/users/me")).headers["date"] != before


async def test_the_same_seed_gives_the_same_people() -> None:
    dumps = []
    for seed in (7, 7, 8):
        async with (
            Sandbox(SandboxOptions(contacts=60, profiles=60, seed=seed)) as sandbox,
            httpx.AsyncClient(base_url=sandbox.ready["control"]["url"]) as client,
        ):
            dumps.append([(await client.get(path)).text for path in ("/contacts", "/profiles")])
    assert dumps[0] == dumps[1] != dumps[2]


async def test_about_half_of_the_contacts_have_profiles(ports: Any) -> None:
    contacts = {one["email"].lower() for one in await ports.lines("/contacts")} - {""}
    emails = [
        email.lower()
        for one in await ports.lines("/profiles")
        for email in one["properties"].get("email", [])
    ]
    assert 90 < len(contacts & set(emails)) < 140
    assert len(emails) > len(set(emails))
    assert any("@" not in email for email in emails)


async def test_nobody_is_made_before_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    contact, profile = contact_store.seeded_contact, Population.profile

    def seeded_contact(seed: int, index: int) -> Contact:
        made.append(index)
        return contact(seed, index)

    def seeded_profile(population: Population, ordinal: int) -> Profile:
        made.append(ordinal)
        return profile(population, ordinal)

    monkeypatch.setattr(contact_store, "seeded_contact", seeded_contact)
    monkeypatch.setattr(Population, "profile", seeded_profile)
    async with Sandbox(SandboxOptions(contacts=200_000, profiles=300_000)) as sandbox:
        assert made == []
        async with httpx.AsyncClient(base_url=sandbox.ready["control"]["url"]) as client:
            for path in ("/contacts", "/profiles"):
                made.clear()
                async with client.stream("GET", path) as answer:
                    assert await anext(answer.aiter_lines())
                assert 0 in made


def test_unknown_switches_are_refused_before_anything_starts() -> None:
    with pytest.raises(ValueError, match="batch-speed has no reading"):
        SandboxOptions(switches={"batch-speed": "warp"})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, None])
async def test_the_process_prints_one_line_and_ends_when_told(number: int | None) -> None:
    code = (
        "import sys; from actui.sandbox.command import serve; "
        "from actui.sandbox.options import SandboxOptions; "
        "sys.exit(serve(SandboxOptions(contacts=10, profiles=10), until_eof=True))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    ready = json.loads(await process.stdout.readline())
    control = ready["control"]["url"]
    async with httpx.AsyncClient() as client:
        # nothing ends this request but the process
        await client.post(f"{control}/faults", json={"kind": "hold"})
        url = ready["activecampaign"]["url"] + ME
        held = asyncio.create_task(client.get(url))
        while (await client.get(f"{control}/faults")).json()["faults"][0]["times"]:
            pass
        if number is None:
            process.stdin.close()  # as it is when whoever started it is gone
        else:
            process.send_signal(number)
        rest, errors = await asyncio.gather(process.stdout.read(), process.stderr.read())
        await process.wait()
        with pytest.raises(httpx.HTTPError):
            await held
    assert (process.returncode, rest) == (0, b"")
    assert len(errors.decode().splitlines()) == 1
