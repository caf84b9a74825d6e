"""Real ActiveCampaign answers, read by the client and imported by the engine."""

from __future__ import annotations

from datetime import datetime

from actui.context.clients import AccountClients
from actui.model.goals import ListStatus
from tests.process.e2e.lab import Row, lab
from tests.services.recorded.replay import recording, replayed


def goal(**more: object) -> Row:
    """Every recorded contact with what the recordings hold of it."""
    return {
        "import": {
            "name": "Recorded",
            "contacts": "all",
            "create_profiles": True,
            "identifiers": [{"field": "email", "property": "email"}],
            "mappings": [
                {"field": "firstName", "property": "first_name"},
                {"field": "lastName", "property": "last_name"},
                {"field": "cdate", "property": "birthday"},
                {"field": "%PREFERRED_LANGUAGE%", "property": "tier"},
            ],
            "save_lists_to": "ac_lists",
            **more,
        }
    }


async def test_every_recorded_contact_becomes_the_profile_it_should() -> None:
    rows = recording("list-contacts")["contacts"]
    async with replayed() as url, lab() as world:
        world.apply(goal(), activecampaign={"url": url})

        summary = (await world.run()).goals[0]

        held = await world.properties()
    assert (summary.ok, summary.read, summary.created) == (True, len(rows), len(rows))
    whole = recording("get-contact")["contact"]  # recorded later than the page it is on
    for row in (whole if row["id"] == whole["id"] else row for row in rows):
        found = held[row["email"]]
        assert found.get("first_name", []) == ([row["firstName"]] if row["firstName"] else [])
        assert found.get("last_name", []) == ([row["lastName"]] if row["lastName"] else [])
        created = datetime.fromisoformat(row["cdate"]).timestamp()
        assert found["birthday"] == [str(int(created * 1000))]
    subscribed = recording("get-contact")
    (membership,) = subscribed["contactLists"]
    lists = {row["id"]: row["name"] for row in recording("lists")["lists"]}
    assert held[subscribed["contact"]["email"]]["ac_lists"] == [lists[membership["list"]]]


async def test_every_recorded_contact_list_and_field_is_read_as_it_is() -> None:
    async with replayed() as url, lab() as world:
        connection = world.apply(goal(), activecampaign={"url": url})
        async with AccountClients(world.context).activecampaign(connection) as service:
            contacts = (await service.contacts_by_id()).contacts
            one = await service.contact(1)
            lists, fields = await service.lists(), await service.fields()
    rows = sorted(recording("list-contacts")["contacts"], key=lambda row: int(row["id"]))
    assert [
        (c.id, c.email, c.first_name, c.last_name, c.phone, c.created, c.updated, c.erased)
        for c in contacts
    ] == [
        (
            int(row["id"]),
            row["email"],
            row["firstName"],
            row["lastName"],
            row["phone"],
            datetime.fromisoformat(row["cdate"]),
            datetime.fromisoformat(row["udate"]),
            False,
        )
        for row in rows
    ]
    assert one is not None
    assert one.lists == {3: ListStatus.ACTIVE}
    assert [(item.id, item.name) for item in lists] == [
        (int(row["id"]), row["name"]) for row in recording("lists")["lists"]
    ]
    body = recording("list-custom-fields")
    for field, row in zip(fields, body["fields"], strict=True):
        options = [o["value"] for o in body["fieldOptions"] if o["field"] == row["id"]]
        assert (field.id, field.tag, field.title, field.type) == (
            int(row["id"]),
            row["perstag"],
            row["title"],
            row["type"],
        )
        assert sorted(field.options) == sorted(options)


async def test_a_recorded_list_is_imported_alone() -> None:
    """The recorded listing ignores `listid`: who is not on the list is left out all the same."""
    name = next(row["name"] for row in recording("lists")["lists"] if row["id"] == "3")
    async with replayed() as url, lab() as world:
        chosen = [{"list": name, "create_profiles": True}]
        world.apply(goal(contacts="lists", lists=chosen), activecampaign={"url": url})

        summary = (await world.run()).goals[0]

        assert (summary.read, summary.created) == (1, 1)
        assert set(await world.properties()) == {recording("get-contact")["contact"]["email"]}
