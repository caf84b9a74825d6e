"""What a user of an import goal relies on, beyond the rules: changes meanwhile, types, consent."""

from __future__ import annotations

import asyncio
import gc
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.process.e2e.lab import Lab, Row, lab

CONTACTS = "/api/3/contacts"
PUT = "/rest/v2/profiles"


def goal(**more: object) -> Row:
    """Everybody, matched by e-mail, with the first name."""
    return {
        "import": {
            "id": "g-1",
            "name": "Import",
            "contacts": "all",
            "create_profiles": True,
            "identifiers": [{"field": "email", "property": "email"}],
            "mappings": [{"field": "firstName", "property": "first_name"}],
            **more,
        }
    }


async def writes(world: Lab) -> int:
    """How often something was written to either service."""
    log = await world.requests()
    return sum(r["method"] != "GET" and not r["path"].endswith("/oauth/token") for r in log)


async def test_people_who_come_and_go_meanwhile_cost_nobody_who_stays() -> None:
    async with lab(contacts=1_200) as world:
        before = [int(row["id"]) for row in await world.lines("/contacts")]
        leaving = set(before[3::24])
        assert len(leaving) == 50
        for number, contact in enumerate(sorted(leaving)):
            after = {"method": "GET", "path": CONTACTS, "count": 2 + number % 8}
            ask = {"service": "activecampaign", "after": after}
            await world.post("/mutate", **ask, op="delete", id=str(contact))
            new = {"email": f"new{number}@example.org"}
            await world.post("/mutate", **ask, op="create", set=new)
        connection = world.apply(goal())

        summary = (await world.run()).goals[0]

        with world.context.ledger(connection) as ledger:
            told = {row["contact_id"] for row in ledger.outcomes.find()}
        assert set(before) - leaving <= told
        assert summary.ok
        assert summary.adds_up
        again = (await world.run()).goals[0]
        assert again.created == 50 - (summary.read - len(set(before) & told))


async def test_a_value_of_each_field_type_lands_as_the_property_takes_it() -> None:
    pairs = {
        "%TIER%": ("tier", "gold", ["gold"]),
        "%INTERESTS%": ("interests", "||travel||кино||", ["travel", "кино"]),
        "%POINTS%": ("points", "42", ["42"]),
        "%BIRTHDAY%": ("birthday", "1990-03-25", [milliseconds(1990, 3, 25)]),
        "%LAST_ORDER%": (
            "last_order",
            "2025-11-02T01:30:00-05:00",
            [str(int(datetime(2025, 11, 2, 6, 30, tzinfo=UTC).timestamp() * 1000))],
        ),
        "%CITY%": ("city", "Łódź", ["Łódź"]),
        "%PREFERRED_CHANNEL%": ("answer_001", "phone", ["phone"]),
        "%TOPICS%": ("answer_007", "||news||events||", ["news", "events"]),
        "%REMARKS%": ("answer_013", "a\n☂ ||b||", ["a\n☂ ||b||"]),
        "%UTM_CAMPAIGN%": ("answer_019", "spring", ["spring"]),
        "phone": ("phone", "+31 20 1234567", ["+31 20 1234567"]),
        "lastName": ("last_name", "d'Árc", ["d'Árc"]),
        "bounced_hard": ("answer_003", "", ["0"]),
    }
    async with lab() as world:
        fields = {n.strip("%"): raw for n, (_, raw, _) in pairs.items() if n.startswith("%")}
        await world.contact(
            email="one@example.org", phone="+31 20 1234567", lastName="d'Árc", fields=fields
        )
        mappings = [{"field": name, "property": to} for name, (to, _, _) in pairs.items()]
        mappings += [
            {"field": "id", "property": "answer_009"},
            {"field": "cdate", "property": "answer_006"},
        ]
        world.apply(goal(mappings=mappings), timezone="Europe/Amsterdam")

        summary = (await world.run()).goals[0]

        (held,) = (await world.properties()).values()
        found = {to: held.get(to) for to, _, _ in pairs.values()}
        assert found == {to: values for to, _, values in pairs.values()}
        assert held["answer_009"] == ["1"]
        assert len(held["answer_006"][0]) == 13
        assert summary.warnings == 0


def milliseconds(year: int, month: int, day: int) -> str:
    midnight = datetime(year, month, day, tzinfo=ZoneInfo("Europe/Amsterdam"))
    return str(int(midnight.timestamp() * 1000))


async def test_what_is_on_a_late_page_of_fields_lists_and_properties_is_found() -> None:
    async with lab() as world:
        mine, theirs = world.ready["activecampaign"], world.ready["blueconic"]
        async with httpx.AsyncClient(verify=False) as http:
            key = {"Api-Token": mine["api_key"]}
            for number in range(200):
                field = {"title": f"Late {number}", "type": "text", "perstag": f"LATE_{number}"}
                await http.post(f"{mine['url']}/api/3/fields", headers=key, json={"field": field})
            for number in range(40):
                row = {"name": f"Late list {number}", "stringid": f"late-{number}"}
                row |= {"sender_url": "https://example.org", "sender_reminder": "You signed up"}
                await http.post(f"{mine['url']}/api/3/lists", headers=key, json={"list": row})
            form = {
                "grant_type": "client_credentials",
                "client_id": theirs["client_id"],
                "client_secret": theirs["client_secret"],
            }
            token = (await http.post(f"{theirs['url']}/rest/v2/oauth/token", data=form)).json()
            bearer = {"Authorization": f"Bearer {token['access_token']}"}
            for number in range(280):
                name = f"late_{number}"
                told = {"id": name, "name": name, "filterType": "SELECT"}
                await http.put(
                    f"{theirs['url']}/rest/v2/profileProperties/{name}", headers=bearer, json=told
                )
            lists = await http.get(f"{mine['url']}/api/3/lists?limit=100&offset=100", headers=key)
            late = next(r for r in lists.json()["lists"] if r["name"] == "Late list 39")
        await world.contact(
            email="one@example.org", fields={"LATE_199": "found"}, lists={late["id"]: 1}
        )
        lists_of_goal = [{"list": "Late list 39", "create_profiles": True}]
        mapping = {"field": "%LATE_199%", "property": "late_279"}
        world.apply(goal(contacts="lists", lists=lists_of_goal, mappings=[mapping]))

        summary = (await world.run()).goals[0]

        assert summary.created == 1
        assert (await world.properties())["one@example.org"]["late_279"] == ["found"]


async def test_an_unchanged_run_writes_nothing_and_a_changed_goal_is_sent_in_full() -> None:
    async with lab(contacts=150) as world:
        world.apply(goal())
        first = (await world.run()).goals[0]
        await world.post("/clock", advance=8 * 86_400)  # so that everybody is read again
        await world.forget()

        second = (await world.run()).goals[0]

        assert await writes(world) == 0
        assert second.unchanged == first.created + first.updated + first.unchanged
        assert second.created == 0
        people = len(await world.lines("/profiles"))
        world.apply(goal(mappings=[{"field": "lastName", "property": "last_name"}]))
        third = (await world.run()).goals[0]
        assert third.created == 0
        assert third.unchanged < third.read
        assert "The goal has changed" in third.message
        assert len(await world.lines("/profiles")) == people


async def test_nobody_with_an_identifier_is_said_once() -> None:
    async with lab() as world:
        await world.contact(email="one@example.org")
        await world.contact(email="two@example.org")
        link = {"field": "%ANSWER_001%", "property": "customer_id"}
        world.apply(goal(identifiers=[link]))

        summary = (await world.run()).goals[0]

        assert summary.reasons == {"no-identifier": 2}
        assert "No contact has a value in %ANSWER_001%." in summary.message


async def test_consent_decides_who_is_written_and_is_checked_before() -> None:
    async with lab() as world:
        await world.contact(
            email="yes@example.org", fields={"ANSWER_002": "||marketing||fishing||"}
        )
        await world.contact(email="no@example.org")
        mappings = [{"field": "%ANSWER_002%", "property": "consented_objectives"}]
        zone = {"privacy_legislation": "GDPR"}
        world.apply(goal(mappings=mappings, new_profiles=zone), objectives=["marketing"])

        summary = (await world.run()).goals[0]

        assert (summary.created, summary.reasons) == (1, {"no-consent": 1})
        (profile,) = await world.lines("/profiles")
        assert profile["consentedObjectives"] == ["marketing"]
        assert summary.message == "%ANSWER_002%: 1 value left out, which BlueConic does not know."


async def test_the_blueconic_identifier_as_link_finds_the_profile_and_never_creates() -> None:
    async with lab() as world:
        known = await world.profile(properties={"email": ["old@example.org"]})
        await world.contact(email="new@example.org", firstName="Ada", fields={"BCID": known})
        await world.contact(email="x@example.org", firstName="Bo", fields={"BCID": "nobody"})
        world.apply(goal(identifiers=[{"field": "%BCID%", "profile_id": True}]))

        summary = (await world.run()).goals[0]

        assert (summary.updated, summary.reasons) == (1, {"no-match": 1})
        assert (await world.properties())["old@example.org"]["first_name"] == ["Ada"]


async def test_every_refusal_of_a_write_is_waited_out_or_told() -> None:
    async with lab(contacts=40) as world:
        world.apply(goal())
        await world.fault("429", PUT, method="PUT")
        await world.fault("401", PUT, method="PUT")
        await world.fault("408", PUT, method="PUT")

        summary = (await world.run()).goals[0]

        assert summary.ok
        assert summary.created > 0
        assert summary.requests.throttled == 1


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        ({"contact-filters": "listid-ignored"}, "not on the list asked for"),
        ({"contact-filters": "updated-after-ignored"}, "had not changed"),
        ({"include-truncates": "yes"}, ""),
    ],
)
async def test_a_filter_that_is_ignored_brings_nobody_wrong_and_loses_nobody(
    reading: dict[str, str], words: str
) -> None:
    async with lab(contacts=300, switches=reading) as world:
        rows = [row for row in await world.lines("/contacts") if row["lists"].get("3") == 1]
        chosen = [{"list": "Newsletter", "create_profiles": True}]
        world.apply(goal(contacts="lists", lists=chosen))

        first = (await world.run()).goals[0]
        second = (await world.run()).goals[0]

        assert first.read == len(rows)
        # the second run sweeps the list for people without a match, and may meet them again
        told = [one.message.count("ActiveCampaign sent") for one in (first, second)]
        assert words in f"{first.message} {second.message}"
        assert max(told) == bool(words)
        assert first.created == len(await world.lines("/profiles"))


async def test_answers_lost_for_ever_end_the_goal_in_one_sentence() -> None:
    told: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
    async with lab(contacts=6_000) as world:
        # one block's reading waits while its last write, and every other block's, is lost
        await world.fault("hold", CONTACTS, after=30, method="GET")
        await world.fault("reset", PUT, times=10_000, method="PUT")
        world.apply(goal())
        summary = (await world.run()).goals[0]
        assert not summary.ok
        gc.collect()
        await asyncio.sleep(0)
    # what several writers met at once is told once, and none of it to the terminal
    assert told == []
