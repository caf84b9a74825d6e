"""What `chaos` disturbs: small worlds, and the commands that are killed and continued in them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from store.settings import SettingsFile
from tests.process.e2e.lab import NAME, Lab

NEWSLETTER, WEBINAR = "3", "4"
READERS = "Newsletter readers"
MEANWHILE = "meanwhile"
"""In the address of everybody who leaves a list while a run is at work."""
EMAIL = [{"field": "email", "property": "email"}]
FIRST_NAME = [{"from": {"property": "first_name"}, "field": "firstName"}]
RUN = ("run", NAME, "--json")
BULK = {"method": "POST", "path": ".*/import/bulk_import"}

Change = Callable[[Lab], Awaitable[None]]


async def nothing(_: Lab) -> None:
    """Nothing happens."""


@dataclass(frozen=True)
class Act:
    """A command that is killed; what happens before it, and what while it is at work.

    `is_run`: it may only end early by SIGKILL or, in order, by SIGTERM. `done` are the exit codes
    of a command that came to its end. `writes`: it writes to a service.
    """

    words: tuple[str, ...] = RUN
    before: Change = nothing
    meanwhile: tuple[dict[str, Any], ...] = ()
    stdin: str = ""
    is_run: bool = True
    writes: bool = True
    done: tuple[int, ...] = (0,)
    continued: tuple[str, ...] | None = None
    """The command that continues it; None: the same."""
    started: str = ""
    """The trigger of runs that this command starts as processes of their own, if any."""


@dataclass(frozen=True)
class Scenario:
    """A world and the commands of its life, in order; then one run that nobody disturbs."""

    populate: Change
    acts: tuple[Act, ...]


def _import(**more: Any) -> dict[str, Any]:
    goal = {
        "name": "In",
        "contacts": "all",
        "create_profiles": True,
        "identifiers": EMAIL,
        "mappings": [
            {"field": "firstName", "property": "first_name"},
            {"field": "%POINTS%", "property": "points", "rule": "sum"},
        ],
    }
    return {"import": {**goal, **more}}


def _export(**more: Any) -> dict[str, Any]:
    goal = {
        "name": "Out",
        "segment": READERS,
        "identifiers": EMAIL,
        "mappings": FIRST_NAME,
        "lists": ["Newsletter"],
    }
    return {"export": {**goal, **more}}


async def _contacts(world: Lab, count: int, *, who: str = "in", **more: Any) -> None:
    for n in range(count):
        values = {"firstName": f"Ada {n}", "fields": {"POINTS": str(10 + n)}}
        await world.contact(email=f"{who}{n}@x.org", **{**values, **more})


async def _profiles(world: Lab, count: int, *, who: str = "out", **more: Any) -> None:
    for n in range(count):
        properties = {"email": [f"{who}{n}@x.org"], "first_name": [f"Eve {n}"], **more}
        await world.profile(properties=properties, segments=[READERS])


async def _mutate(world: Lab, service: str, op: str, who: str, **more: Any) -> None:
    await world.post("/mutate", service=service, op=op, id=who, **more)


def _leaves(who: str, count: int, **place: str) -> dict[str, Any]:
    """Somebody unsubscribes when a request arrives: by default the `count`-th bulk import."""
    after = {**BULK, **place, "count": count}
    return {"op": "unsubscribe", "id": who, "list": NEWSLETTER, "after": after}


# import with a Sum


async def _importing(world: Lab) -> None:
    await _contacts(world, 130)
    await _profiles(world, 40, who="in", points=["100"])
    world.apply(_import())


async def _more_points(world: Lab) -> None:
    for n in range(0, 130, 9):
        fields = {"fields": {"POINTS": str(500 + n)}}
        await _mutate(world, "activecampaign", "update", f"in{n}@x.org", set=fields)
    await world.post("/clock", advance=120)


async def _new_names(world: Lab) -> None:
    for n in range(0, 130, 7):
        new = {"firstName": f"Grace {n}", "fields": {"POINTS": str(900 + n)}}
        await _mutate(world, "activecampaign", "update", f"in{n}@x.org", set=new)
    await world.post("/clock", advance=120)


# export with lists


async def _exporting(world: Lab) -> None:
    await _contacts(world, 30, who="out")
    await _contacts(world, 6, who="gone", lists={NEWSLETTER: 2})
    await _contacts(world, 6, who=MEANWHILE)
    for who, count in (("out", 270), ("gone", 6), (MEANWHILE, 6)):
        await _profiles(world, count, who=who)
    world.apply(_export())


async def _renamed_people(world: Lab) -> None:
    await world.post("/clock", advance=120)
    for n in range(0, 270, 11):
        new = {"properties": {"first_name": [f"Joan {n}"]}}
        await _mutate(world, "blueconic", "update", f"out{n}@x.org", set=new)


# leaving the segment, and coming back


async def _own(world: Lab) -> None:
    await _profiles(world, 60)
    world.apply(_export(unsubscribe="own", resubscribe="own"))
    await world.run()


async def _some_leave(world: Lab) -> None:
    await world.post("/clock", advance=120)
    for n in range(0, 48, 8):
        await _mutate(world, "blueconic", "leave", f"out{n}@x.org", segment=READERS)


async def _they_return(world: Lab) -> None:
    await world.post("/clock", advance=120)
    for n in range(0, 48, 8):
        await _mutate(world, "blueconic", "enter", f"out{n}@x.org", segment=READERS)


async def _everybodys(world: Lab) -> None:
    await _contacts(world, 20, who="out", lists={NEWSLETTER: 1})
    await _contacts(world, 8, who="gone", lists={NEWSLETTER: 2})
    await _profiles(world, 50)
    await _profiles(world, 8, who="gone")
    world.apply(_export(unsubscribe="all", resubscribe="all"))
    await world.run(confirm_leavers=99)


# the threshold of a lifecycle


async def _capped(world: Lab) -> None:
    await _contacts(world, 30, who="out", lists={NEWSLETTER: 1})
    await _profiles(world, 30)
    now = int(world.sandbox.clock.now())
    mailing = world.sandbox.account.campaigns.add("News", (int(NEWSLETTER),), now - 3600)
    for n in range(0, 30, 3):
        for _ in range(1 + n % 2):
            await _mutate(world, "activecampaign", "open", f"out{n}@x.org", campaign=mailing.id)
    lifecycle = {"lifecycle": "Welcome", "stage": "First stage", "events": ["opened"]}
    world.apply(_export(lifecycle=lifecycle, unknown_stage="export"))


async def _more_opens(world: Lab) -> None:
    await world.post("/clock", advance=120)
    (mailing, *_) = world.sandbox.account.campaigns.rows
    for n in range(0, 30, 4):
        await _mutate(world, "activecampaign", "open", f"out{n}@x.org", campaign=mailing)
    for n in range(30):
        new = {"properties": {"first_name": [f"Joan {n}"]}}
        await _mutate(world, "blueconic", "update", f"out{n}@x.org", set=new)


# sending again who was rejected


async def _rejected(world: Lab) -> None:
    await _contacts(world, 110)
    for n in range(8):
        await world.contact(email=f"no address {n}", firstName="A", fields={"POINTS": "7"})
    world.apply(_import())
    await world.run()


async def _addresses_put_right(world: Lab) -> None:
    rows = {row["email"]: row["id"] for row in await world.lines("/contacts")}
    for n in range(8):
        right = {"email": f"right{n}@x.org"}
        await _mutate(
            world, "activecampaign", "update", rows.get(f"no address {n}", f"right{n}@x.org"),
            set=right,
        )  # fmt: skip
    await world.post("/clock", advance=120)


# looking without touching


async def _both_ways(world: Lab) -> None:
    await _contacts(world, 40)
    await _profiles(world, 40)
    world.apply(_import(), _export())


async def _scheduled(world: Lab) -> None:
    await _contacts(world, 40)
    await _profiles(world, 40)
    world.apply(_import(), _export(), schedule={"type": "times-per-day", "times": 1})


# settings, secrets and connections


async def _stored(world: Lab) -> None:
    await _contacts(world, 5)
    world.apply(_import())
    home = world.context.home
    settings = world.context.settings.model_copy(update={"secrets_in_file": True})
    SettingsFile(home).save(settings)
    goals = [_import(name="Other", mode="full"), _export()]
    connection = {
        "name": NAME,
        "enabled": True,
        "labels": ["changed"],
        "activecampaign": {"url": world.ready["activecampaign"]["url"]},
        "blueconic": {
            "url": world.ready["blueconic"]["url"],
            "client_id": world.ready["blueconic"]["client_id"],
        },
        "goals": goals,
    }
    file = world.place / "changed.yaml"
    file.write_text(json.dumps({"version": 1, "connection": connection}))
    file.chmod(0o600)


def _quick(*words: str, stdin: str = "") -> Act:
    return Act(words=words, stdin=stdin, is_run=False)


MEAN_TIME = tuple(
    _leaves(f"{MEANWHILE}{n}@x.org", 1 + n % 2) for n in range(3)
) + tuple(
    _leaves(f"{MEANWHILE}{n}@x.org", 1, method="GET", path=".*/import/info") for n in range(3, 6)
)  # fmt: skip

SCENARIOS: dict[str, Scenario] = {
    "import with Sum": Scenario(
        _importing, (Act(), Act(before=_more_points), Act(before=_new_names))
    ),
    "export with lists, people leaving meanwhile": Scenario(
        _exporting, (Act(meanwhile=MEAN_TIME), Act(before=_renamed_people))
    ),
    "unsubscribe and resubscribe own": Scenario(
        _own, (Act(before=_some_leave), Act(before=_they_return), Act(before=_some_leave))
    ),
    "leavers of all, resubscribe all": Scenario(
        _everybodys,
        (
            Act(words=(*RUN, "--confirm-leavers", "99"), before=_some_leave),
            Act(words=(*RUN, "--confirm-leavers", "99"), before=_they_return),
        ),
    ),
    "threshold": Scenario(_capped, (Act(), Act(before=_more_opens))),
    "retry": Scenario(
        _rejected,
        (
            Act(
                words=("retry", NAME, "--json"),
                before=_addresses_put_right,
                continued=RUN,
            ),
        ),
    ),
    "preview and dry run": Scenario(
        _both_ways,
        (
            Act(words=("preview", NAME, "--json"), writes=False),
            Act(words=("run", NAME, "--dry-run", "--json"), writes=False),
        ),
    ),
    "both ways, stopped by a command": Scenario(
        _both_ways, (Act(), Act(words=("stop", NAME), is_run=False, done=(0, 1, 2)))
    ),
    "due": Scenario(_scheduled, (Act(words=("due", "--json"), is_run=False, started="schedule"),)),
    "schedule": Scenario(
        _scheduled,
        # -15: the run had ended before, and the scheduler was ended before it listened for that
        (
            Act(
                words=("schedule", "--json"),
                is_run=False,
                started="schedule",
                done=(0, -15),
            ),
        ),
    ),
    "settings": Scenario(
        _stored,
        (
            _quick("settings", "set", "request_seconds", "17"),
            _quick("settings", "set", "theme", "nord"),
            _quick("settings", "unset", "request_seconds"),
        ),
    ),
    "secrets": Scenario(
        _stored,
        (
            _quick("secret", "set", NAME, "activecampaign-api-key", stdin="key-one\n"),
            _quick("secret", "set", NAME, "blueconic-client-secret", stdin="secret-one\n"),
            _quick("secret", "delete", NAME, "activecampaign-api-key"),
        ),
    ),
    "connections": Scenario(
        _stored,
        (
            _quick("apply", "changed.yaml"),
            _quick("disable", NAME),
            _quick("enable", NAME),
        ),
    ),
}
