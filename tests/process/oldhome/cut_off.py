"""Cutoff and Sums: they died with batches and Sums on their way."""

from __future__ import annotations

from tests.process.oldhome.making import (
    BULK,
    EMAIL_LINK,
    NEWSLETTER,
    PUT,
    READERS,
    UNSUBSCRIBED,
    VISITORS,
    ZERO_WIDTH,
    Maker,
    Row,
    World,
)

CUT_PEOPLE, CUT_KNOWN, CUT_LEFT = 262, 60, 6
CUTOFF = [
    {
        "export": {
            "id": "g-first",
            "name": "First",
            "segment": VISITORS,
            "identifiers": EMAIL_LINK,
            "mappings": [{"from": {"property": "first_name"}, "field": "firstName"}],
            "lists": ["Webinar 2026"],
        }
    },
    {
        "export": {
            "id": "g-cut",
            "name": "Cut",
            "segment": READERS,
            "identifiers": EMAIL_LINK,
            "mappings": [
                {"from": {"property": "first_name"}, "field": "firstName"},
                {"from": {"text": "blueconic"}, "field": "%SOURCE%"},
            ],
            "lists": ["Newsletter"],
            "resubscribe": "own",
            "unsubscribe": True,
        }
    },
]


async def _people_of_cutoff(world: World) -> None:
    for n in range(4):
        await world.profile(f"first{n}@example.com", segments=(VISITORS,), first_name=f"F {n}")
    for n in range(CUT_KNOWN):
        status = {NEWSLETTER: UNSUBSCRIBED} if n < CUT_LEFT else {}
        await world.contact(f"p{n}@example.com", status)
    for n in range(CUT_PEOPLE):
        await world.profile(f"p{n}@example.com", segments=(READERS,), first_name=f"Ada {n}")
    for email in (f"p{n}{ZERO_WIDTH}@example.net" for n in range(3)):
        await world.profile(email, segments=(READERS,), first_name="Odd")
    for email in ("Jürgen@bücher.example.net", "zoe\u0308@example.net"):
        await world.profile(email, segments=(READERS,), first_name="Odd")


async def cutoff(maker: Maker) -> None:
    async with maker.world("Cutoff") as world:
        await maker.apply("Cutoff", CUTOFF)
        await _people_of_cutoff(world)
        # the ids of the first goal's newcomers cannot be read: they stay open
        await world.fault("403-bare", r"/api/3/contacts\?.*created_after.*", times=-1)
        await world.fault("timeout", BULK, method="POST", after=2)
        run = maker.start("run", "Cutoff", "--json")
        await world.seen("POST", BULK, 3)
        await maker.killed(run)
        await world.mend()
        await world.later(5)


async def undisturbed_cutoff(maker: Maker) -> list[Row]:
    async with maker.world("Undisturbed") as world:
        await maker.apply("Undisturbed", CUTOFF)
        await _people_of_cutoff(world)
        assert (await maker.run("Undisturbed"))["ok"]
        return [contact_facts(row) for row in await world.lines("/contacts")]


SUM_PEOPLE = 8
SUMS = [
    {
        "import": {
            "id": "g-points",
            "name": "Points",
            "contacts": "all",
            "create_profiles": True,
            "identifiers": EMAIL_LINK,
            "mappings": [
                {"field": "firstName", "property": "first_name"},
                {"field": "%POINTS%", "property": "points", "rule": "sum"},
                {"field": "%POINTS%", "property": "balance", "rule": "sum", "of": "change"},
            ],
        }
    }
]
SUM_ODD = ("Zoë@example.org", f"bob{ZERO_WIDTH}@example.org", "UPPER@EXAMPLE.ORG")


async def _people_of_sums(world: World) -> None:
    for n in range(SUM_PEOPLE):
        email = f"sum{n}@example.org"
        await world.contact(email, firstName=f"Sum {n}", fields={"POINTS": f"{10 + n}"})
        if n % 2:
            await world.profile(email, points="100", balance="2.5")
    for email in SUM_ODD:
        await world.contact(email, firstName="Odd", fields={"POINTS": "40"})


async def _points_change(world: World) -> None:
    for n in range(SUM_PEOPLE):
        fields = {"fields": {"POINTS": f"{20 + 3 * n}"}}
        await world.mutate("activecampaign", "update", id=f"sum{n}@example.org", set=fields)
    await world.mutate("activecampaign", "update", id=SUM_ODD[0], set={"fields": {"POINTS": "41"}})


async def sums(maker: Maker) -> None:
    async with maker.world("Sums") as world:
        await maker.apply("Sums", SUMS)
        await _people_of_sums(world)
        await maker.run("Sums")
        await world.later()
        await _points_change(world)
        await world.forget_requests()
        await world.fault("partial-then-reset", PUT, method="PUT")
        await world.fault("hold", PUT + ".*", method="GET")
        run = maker.start("run", "Sums", "--json")
        # it asks for the first receipt
        await world.seen("PUT", PUT)
        await world.until(
            lambda log: any(r["method"] == "GET" and r["path"].startswith(PUT) for r in log)
        )
        await maker.killed(run)
        await world.mend()


async def undisturbed_sums(maker: Maker) -> list[Row]:
    async with maker.world("Undisturbed") as world:
        await maker.apply("Undisturbed", SUMS)
        await _people_of_sums(world)
        await maker.run("Undisturbed")
        await world.later()
        await _points_change(world)
        assert (await maker.run("Undisturbed"))["ok"]
        return [profile_facts(row) for row in await world.lines("/profiles")]


def contact_facts(row: Row) -> Row:
    """What an undisturbed run leaves of a contact; its id depends on the order of batches."""
    return {name: value for name, value in row.items() if name != "id"}


def profile_facts(row: Row) -> Row:
    """The same of a profile, without its random id and its receipt."""
    kept = {n: v for n, v in row["properties"].items() if n != "actui_sum_receipt"}
    times = ("creationdate", "lastmodifieddate")
    return {"properties": {n: v for n, v in kept.items() if n not in times}}
