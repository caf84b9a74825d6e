"""Steady: it has run often, met everybody there can be, and its last run had nothing to send."""

from __future__ import annotations

import asyncio

from tests.process.oldhome.making import (
    ACTIVE,
    CLUB,
    EMAIL_LINK,
    FORGOTTEN,
    FORGOTTEN_DOMAIN,
    FORGOTTEN_PLAIN,
    NEWSLETTER,
    NO_BREAK,
    OFFERS,
    PUT,
    READERS,
    SOFT_HYPHEN,
    UNSUBSCRIBED,
    VIP,
    VISITORS,
    WEBINAR,
    ZERO_WIDTH,
    Maker,
    Row,
    World,
)


def steady_goals(*, once: bool) -> list[Row]:
    """The goals of Steady; those that had people whom a later version may judge anew ran `once`."""
    contacts = {
        "id": "g-contacts",
        "name": "Contacts",
        "contacts": "lists",
        "lists": [
            {"list": "Newsletter", "create_profiles": True},
            {"list": "VIP", "create_profiles": False},
        ],
        "statuses": ["active", "unconfirmed"],
        "save_lists_to": "ac_lists",
        "new_profiles": {"privacy_legislation": "NONE", "permission_level": "PERSONAL"},
        "identifiers": EMAIL_LINK,
        "mappings": [
            {"field": "firstName", "property": "first_name", "rule": "set"},
            {"field": "lastName", "property": "last_name", "rule": "set", "when_empty": "clear"},
            {"field": "%TIER%", "property": "tier", "rule": "set_if_empty"},
            {"field": "%INTERESTS%", "property": "interests", "rule": "add"},
            {"field": "%POINTS%", "property": "points", "rule": "sum"},
            {"field": "%BIRTHDAY%", "property": "birthday", "rule": "set"},
            {"field": "%LAST_ORDER%", "property": "last_order", "rule": "set"},
        ],
    }
    by_id = {
        "id": "g-by-id",
        "name": "By profile id",
        "contacts": "all",
        "identifiers": [{"field": "%BCID%", "profile_id": True}],
        "mappings": [
            {"field": "%CITY%", "property": "city", "rule": "set_if_empty"},
            {
                "field": "%POINTS%",
                "property": "order_value",
                "rule": "sum",
                "of": "change",
                "sum_start": "baseline",
            },
        ],
    }
    strangers = {
        "id": "g-strangers",
        "name": "Strangers",
        "enabled": once,
        "contacts": "lists",
        "lists": [{"list": "Club 002", "create_profiles": False}],
        "statuses": ["active", "unsubscribed", "bounced"],
        "mode": "full",
        "reconcile_days": 30,
        "identifiers": [*EMAIL_LINK, {"field": "%ANSWER_001%", "property": "customer_id"}],
        "mappings": [
            {"field": "firstName", "property": "first_name", "rule": "set"},
            {"field": "%POINTS%", "property": "balance", "rule": "sum", "sum_start": "add"},
        ],
    }
    readers = {
        "id": "g-readers",
        "name": "Readers",
        "segment": READERS,
        "identifiers": EMAIL_LINK,
        "mappings": [
            {"from": {"property": "first_name"}, "field": "firstName"},
            {"from": {"property": "phone"}, "field": "phone", "when_empty": "clear"},
            {"from": {"property": "interests"}, "field": "%INTERESTS%"},
            {"from": {"property": "birthday"}, "field": "%BIRTHDAY%"},
            {"from": "profile_id", "field": "%BCID%"},
            {"from": {"segments": "all"}, "field": "%SEGMENTS%"},
            {"from": "lifecycles", "field": "%STAGE%"},
            {"from": "viewed_interactions", "field": "%SEEN%"},
            {"from": "permission_level", "field": "%LEVEL%"},
            {"from": {"text": "blueconic"}, "field": "%SOURCE%"},
        ],
        "lists": ["Newsletter", "VIP"],
        "resubscribe": "own",
        "unsubscribe": True,
    }
    customers = {
        "id": "g-customers",
        "name": "Customers",
        "segment": "Segment 001",
        "identifiers": [{"field": "%ANSWER_001%", "property": "customer_id"}],
        "mappings": [
            {"from": {"property": "email"}, "field": "email"},
            {"from": {"property": "last_name"}, "field": "lastName"},
            {"from": {"segments": [READERS, VISITORS]}, "field": "%REMARKS%"},
        ],
        "automations": False,
        "recreate_deleted": True,
        "mode": "changed",
        "reconcile_days": 14,
    }
    quiet = {
        "id": "g-quiet",
        "name": "Quiet",
        "segment": "Segment 002",
        "identifiers": EMAIL_LINK,
        "mappings": [{"from": {"property": "tier"}, "field": "%TIER%"}],
        "lists": ["Webinar 2026"],
        "resubscribe": "all",
        # a lifecycle that is off sets everybody free
        "lifecycle": {"lifecycle": "Win back", "stage": "Quiet", "events": ["opened", "clicked"]},
    }
    refused = {
        "id": "g-refused",
        "name": "Refused",
        "enabled": once,
        "segment": VISITORS,
        "identifiers": EMAIL_LINK,
        "mappings": [
            {"from": {"property": "first_name"}, "field": "firstName"},
            {"from": {"property": "tier"}, "field": "%PREFERRED_CHANNEL%"},
        ],
        "lists": ["Webinar 2026"],
        "mode": "full",
    }
    linked = {
        "id": "g-linked",
        "name": "Linked",
        "enabled": once,
        "segment": "Segment 003",
        "identifiers": [{"field": "id", "property": "customer_id"}],
        "mappings": [
            {"from": {"property": "email"}, "field": "email"},
            {"from": {"property": "first_name"}, "field": "firstName"},
        ],
    }
    twins = {
        "id": "g-twins",
        "name": "Twins",
        "enabled": once,
        "segment": "Segment 004",
        "identifiers": [{"field": "%ANSWER_002%", "property": "customer_id"}],
        "mappings": [
            {"from": {"property": "email"}, "field": "email"},
            {"from": {"property": "first_name"}, "field": "firstName"},
        ],
    }
    capped = {
        "id": "g-capped",
        "name": "Capped",
        "enabled": once,
        "segment": "Segment 005",
        "identifiers": EMAIL_LINK,
        "mappings": [{"from": {"property": "first_name"}, "field": "firstName"}],
        "lists": ["Offers 001"],
        "lifecycle": {"lifecycle": "Welcome", "stage": "First stage", "events": ["opened"]},
        "mode": "full",
    }
    imports = [{"import": goal} for goal in (contacts, by_id, strangers)]
    exports = (readers, customers, quiet, refused, linked, twins, capped)
    return [*imports, *({"export": goal} for goal in exports)]


ODD_EXPORTED = (
    f"{ZERO_WIDTH}anna@example.com",
    f"eva{SOFT_HYPHEN}@example.com",
    "tail@example.com ",
    f"{NO_BREAK}nobreak@example.com",
    "Upper.Case@Example.COM",
    "zoe\u0308@example.com",
    "renée@example.com",
    "jörg@bücher.example.com",
    "anna@xn--bcher-kva.example.com",
    "борис@пример.example.com",
    "ελένη@example.com",
    "STRASSE@straße.example.com",
    "İnci@example.com",
)
ODD_IMPORTED = (
    "Mixed.Case@Example.org",
    f"{ZERO_WIDTH}bob@example.org",
    f"carl{SOFT_HYPHEN}@example.org",
    "chloë@example.org",
    "chloe\u0308@example.org",
    "dora@bücher.example.org",
    "dora@xn--bcher-kva.example.org",
    "ǅordan@example.org",
)
STEADY = {
    "description": "Leser, читатели and readers: all of them.",
    "labels": ["email", "öffentlich"],
    "favorite": True,
    "timezone": "Europe/Amsterdam",
    "objectives": ["marketing"],
    "consent_where_needed": True,
    "schedule": {"type": "weekly", "days": ["mon", "fri"], "at": "01:30"},
}


async def steady(maker: Maker) -> None:
    async with maker.world("Steady") as world:
        await maker.apply("Steady", steady_goals(once=True), **STEADY)
        await _people_of_steady(world)
        await _people_once(world)
        # only some, then all of them
        await maker.run("Steady", "--goal", "Readers", "--limit", "3")
        await _rejected_by_blueconic(maker, world)
        await maker.run("Steady")
        await _stages(maker, world)
        await _failed(maker, world)
        await _stopped(maker, world)
        await _changes(maker, world)
        await _retried(maker, world)
        await maker.run("Steady", "--dry-run")
        for email in (FORGOTTEN, FORGOTTEN_PLAIN, FORGOTTEN_DOMAIN):
            await maker.actui("forget", email, "--yes", "--json")
        await maker.run("Steady")
        await maker.apply("Steady", steady_goals(once=False), **STEADY)
        for _ in range(3):
            await world.later()
            await maker.run("Steady")
        await world.forget_requests()
        last = await maker.run("Steady")
        assert last["ok"], last
        sent = [r for r in await world.log() if r["method"] != "GET"]
        assert {r["path"] for r in sent} == {"/rest/v2/oauth/token"}, sent


async def _people_of_steady(world: World) -> None:
    for n in range(4):
        await world.profile(
            f"reader{n}@example.com",
            segments=(READERS,),
            first_name=f"Ada {n}",
            phone=f"+31 20 555 010{n}",
            interests=["travel", "music"][: n % 3],
            birthday=str(946_684_800_000 + n * 86_400_000),
        )
    await world.contact("anna@example.com", {NEWSLETTER: UNSUBSCRIBED})
    await world.contact("eva@example.com", {NEWSLETTER: UNSUBSCRIBED})
    await world.contact("upper.case@example.com", {VIP: ACTIVE}, fields={"POINTS": "7"})
    for email in ODD_EXPORTED:
        await world.profile(email, segments=(READERS,), first_name="Odd")
    for status in range(4):
        email = f"status{status}@example.com"
        await world.contact(email, {NEWSLETTER: status}, fields={"POINTS": f"{10 + status}"})
        await world.profile(email, segments=(READERS,), first_name=f"Status {status}")
    for n, email in enumerate(ODD_IMPORTED):
        fields = {"POINTS": f"{100 + n}", "TIER": "gold", "INTERESTS": "||travel||sport||"}
        dates = {"BIRTHDAY": "2001-03-25", "LAST_ORDER": "2025-11-02T01:30:00-05:00"}
        await world.contact(
            email, {NEWSLETTER: ACTIVE}, firstName=f"Imp {n}", fields={**fields, **dates}
        )
    await world.contact(
        "numbers@example.org", {NEWSLETTER: ACTIVE}, fields={"POINTS": "1,234", "BIRTHDAY": "soon"}
    )
    await world.contact("gone@example.org", {NEWSLETTER: ACTIVE}, fields={"POINTS": "3"})
    for email in (FORGOTTEN, FORGOTTEN_PLAIN, FORGOTTEN_DOMAIN):
        await world.contact(email, {NEWSLETTER: ACTIVE}, fields={"POINTS": "9"})
        await world.profile(email, segments=(READERS, VISITORS), first_name="Forget")
    for n in range(3):
        await world.contact(f"customer{n}@example.com", fields={"ANSWER_001": f"C-{n}"})
        await world.profile(
            f"customer{n}@example.com" if n else "moved@example.com",
            segments=("Segment 001", READERS) if n == 1 else ("Segment 001",),
            customer_id=f"C-{n}",
            last_name="Łoś",
        )
    await world.profile("made@example.com", segments=("Segment 001",), customer_id="C-9")
    await world.contact("back@example.com", {WEBINAR: UNSUBSCRIBED})
    await world.profile("back@example.com", segments=("Segment 002",), tier="silver")
    await world.profile("zone@example.com", segments=("Segment 002",), zone="GDPR", tier="gold")
    await world.profile("leaver@example.com", segments=(READERS,), first_name="Lea")
    await world.profile("returns@example.com", segments=(READERS,), first_name="Ret")


async def _people_once(world: World) -> None:
    """People of the goals that are switched off in the end."""
    club = {CLUB: ACTIVE}
    await world.contact("stranger@example.org", club, fields={"ANSWER_001": "C-100"})
    await world.contact("nolink@example.org", club)
    fields = {"ANSWER_001": "C-101", "POINTS": "5"}
    await world.contact("known@example.org", club, firstName="Known", fields=fields)
    # longer than any value may be, and a balance that nothing can be added to
    await world.contact("long@example.net", club, firstName="L" * 66_000, fields={**fields})
    await world.profile("long@example.net", customer_id="C-101", balance="none")
    await world.profile("known@example.org", customer_id="C-101")
    await world.contact("zoned@example.org", club, fields={"ANSWER_001": "C-102"})
    await world.profile("zoned@example.org", customer_id="C-102", zone="GDPR")
    await world.contact("erased@example.org", club, fields={"ANSWER_001": "C-103"})
    await world.mutate("activecampaign", "erase", id="erased@example.org")
    await world.contact("lost@example.org", club, fields={"ANSWER_001": "C-104", "POINTS": "6"})
    await world.profile("lost@example.org", customer_id="C-104")
    long_id = "C-" + "9" * 300
    await world.contact("long@example.org", club, fields={"ANSWER_001": long_id})
    await world.contact("not an address", club, fields={"ANSWER_001": "C-105"})
    for email in (
        "competitor@example.com",
        "some@excluded.example",
        "no address",
        "a..b@x.example",
    ):
        await world.profile(email, segments=(VISITORS,), first_name="Ref")
    await world.profile(segments=(VISITORS,), first_name="Nobody")
    await world.profile("two@example.com", "three@example.com", segments=(VISITORS,))
    await world.profile("TWO@example.com", segments=(VISITORS,), tier="platinum")
    await world.profile("refuses@example.com", segments=(VISITORS,), zone="GDPR")
    await world.profile("deleted@example.com", segments=(VISITORS,), first_name="Del")
    await world.contact("linked@example.com")
    await world.contact("owner@example.com", fields={"ANSWER_002": "T-9"})
    for customer, email in (("no number", "l1@example.com"), ("99999", "owner@example.com")):
        await world.profile(email, segments=("Segment 003",), customer_id=customer)
    await world.profile("l2@example.com", segments=("Segment 003",))
    for n in range(2):
        await world.contact(f"twin{n}@example.com", fields={"ANSWER_002": "T-1"})
    await world.profile("twin@example.com", segments=("Segment 004",), customer_id="T-1")
    await world.profile("owner@example.com", segments=("Segment 004",), customer_id="T-2")
    mailing = await world.mutate(
        "activecampaign", "send", set={"name": "News", "lists": ["Offers 001"]}
    )
    for name, opens in (("calm", 1), ("eager", 2)):
        await world.contact(f"{name}@example.com", {OFFERS: ACTIVE})
        await world.profile(f"{name}@example.com", segments=("Segment 005",), first_name=name)
        for _ in range(opens):
            await world.mutate(
                "activecampaign", "open", id=f"{name}@example.com", campaign=int(mailing)
            )


async def _rejected_by_blueconic(maker: Maker, world: World) -> None:
    """A run of the strangers in which BlueConic refuses everybody, and one that loses a Sum."""
    await world.post("/switches", **{"pii-permission": "missing"})
    await maker.run("Steady", "--goal", "Strangers")
    await world.post("/switches", **{"pii-permission": "granted"})
    await maker.run("Steady", "--goal", "Strangers")
    await world.mutate(
        "activecampaign", "update", id="lost@example.org", set={"fields": {"POINTS": "60"}}
    )
    await world.fault("reset", PUT, method="PUT")
    stranger = {"properties": {"actui_sum_receipt": ["9999999999999-1-strange"]}}
    await world.post(
        "/mutate",
        service="blueconic",
        op="update",
        id="lost@example.org",
        set=stranger,
        after={"method": "PUT", "path": PUT, "count": 1},
    )
    await maker.run("Steady", "--goal", "Strangers")
    await world.mend()


async def _stages(maker: Maker, world: World) -> None:
    """One run of a tenant that shows lifecycle stages."""
    await world.mutate("blueconic", "update", id="calm@example.com", set={"stage": "Second stage"})
    await world.post("/switches", **{"lifecycle-stages": "present"})
    await maker.run("Steady", "--goal", "Capped")
    await world.post("/switches", **{"lifecycle-stages": "absent"})


async def _failed(maker: Maker, world: World) -> None:
    """A goal that fails while the others go on; a run that cannot begin."""
    await world.fault("403-bare", "/api/3/campaigns", times=-1)
    await maker.run("Steady", "--goal", "Capped", "--goal", "Quiet")
    await world.mend()
    await world.fault("403-bare", "/api/3/users/me", times=-1)
    await maker.run("Steady", exits=(4,))
    await world.mend()


async def _stopped(maker: Maker, world: World) -> None:
    """`actui stop` while a run waits; the next one continues it."""
    await world.forget_requests()
    await world.fault("hold", PUT.replace("profiles", "segments/.*"), method="GET")
    run = maker.start("run", "Steady", "--json")
    await world.until(lambda log: any("/rest/v2/segments/" in r["path"] for r in log))
    await maker.actui("stop", "Steady", "--json")
    await world.mend()
    out, _ = await asyncio.to_thread(run.communicate)
    assert run.returncode == 5, (run.returncode, out)
    await maker.run("Steady")


async def _changes(maker: Maker, world: World) -> None:
    """People leave, come back, opt out, are deleted and change their addresses."""
    await world.later()
    for email in ("leaver@example.com", "returns@example.com"):
        await world.mutate("blueconic", "leave", id=email, segment=READERS)
    await world.mutate("activecampaign", "delete", id="deleted@example.com")
    await world.mutate("activecampaign", "unsubscribe", id="reader1@example.com", list=NEWSLETTER)
    await world.mutate("activecampaign", "bounce", id="reader2@example.com", list=VIP)
    await world.mutate(
        "activecampaign", "update", id="gone@example.org", set={"fields": {"POINTS": "30"}}
    )
    upper = {"fields": {"POINTS": "70"}}
    await world.mutate("activecampaign", "update", id="upper.case@example.com", set=upper)
    await maker.run("Steady", "--confirm-leavers", "5")
    await world.later()
    await world.mutate("blueconic", "enter", id="returns@example.com", segment=READERS)
    # opted out again after this connection had put them back
    await world.mutate("activecampaign", "unsubscribe", id="back@example.com", list=WEBINAR)
    await world.mutate("activecampaign", "delete", id="gone@example.org")
    first = next(r for r in await world.lines("/profiles") if "reader3@example.com" in str(r))
    await world.update(first["id"], email=["renamed3@example.com"], phone=[])
    await maker.run("Steady")
    into = next(r for r in await world.lines("/profiles") if "reader0@example.com" in str(r))
    other = await world.profile("merged@example.com", segments=(READERS,))
    await maker.run("Steady", "--goal", "Readers")
    await world.mutate("blueconic", "merge", id=other, set={"into": into["id"]})
    await maker.run("Steady", "--full")


async def _retried(maker: Maker, world: World) -> None:
    await world.later()
    out = await maker.actui("retry", "Steady", "--json", exits=(0, 1))
    print("    retry", out[:300])
