"""People and goals whose fingerprints are pinned: ordinary, odd, every rule and source."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from actui.api.activecampaign.rows import bulk_row_size
from actui.model.connection import Connection
from actui.model.goals import ExportGoal, ImportGoal, ListStatus
from actui.model.records import (
    Contact,
    ContactField,
    ContactList,
    Lifecycle,
    Objective,
    Profile,
    Property,
    Segment,
    StageOfProfile,
)
from actui.model.sources import PlainSource
from actui.sync.exporting.payload import PayloadBuilder
from actui.sync.importing.entries import EntryBuilder
from actui.sync.resolve import Accounts, resolve

ACCOUNTS = Accounts(
    fields={
        tag: ContactField(number, tag, tag.title(), kind, options)
        for number, (tag, kind, options) in enumerate(
            [
                ("TIER", "dropdown", ("gold", "silver")),
                ("INTERESTS", "listbox", ()),
                ("POINTS", "text", ()),
                ("NOTE", "textarea", ()),
                ("BORN", "date", ()),
                ("SEEN", "datetime", ()),
                ("BCID", "text", ()),
            ],
            start=1,
        )
    },
    lists={4: ContactList(4, "Partners"), 5: ContactList(5, "Newsletter")},
    properties={
        name: Property(name, name, kind, indexed)
        for name, kind, indexed in [
            ("email", "EMAIL", True),
            ("customer", "SELECT", True),
            ("first_name", "SELECT", False),
            ("tier", "SELECT", False),
            ("interests", "SELECT", False),
            ("points", "RANGE", False),
            ("note", "SELECT", False),
            ("born", "DATETIME", False),
            ("consented_objectives", "SELECT", False),
            ("privacy_legislation", "SELECT", False),
        ]
    },
    segments={"s1": Segment("s1", "Readers")},
    objectives={"marketing": Objective("marketing", "Marketing", ("GDPR",))},
    interactions={"i1": "Welcome"},
    lifecycles={"l1": Lifecycle("l1", "Journey")},
)
_BY_EMAIL = [{"field": "email", "property": "email"}]
_ODD = 'O\'Brien "Zoë" \\ \n\t\u200b\u00a0 Łódź 😀 \u0378 \x7f e\u0301'


@dataclass(frozen=True)
class ImportCase:
    """A contact that an import goal sends."""

    goal: dict
    contact: Contact
    zone: str = "UTC"

    def builder(self):
        goal = ImportGoal.model_validate(
            {"kind": "import", "name": "G", "identifiers": _BY_EMAIL, **self.goal}
        )
        (resolved,) = resolve(Connection(name="N", goals=[goal]), ACCOUNTS).usable().imports
        return EntryBuilder(resolved, ACCOUNTS, ZoneInfo(self.zone))

    def entry(self):
        return self.builder().build(self.contact, {})


@dataclass(frozen=True)
class ExportCase:
    """A profile that an export goal sends; `accepted` is what was stored for it."""

    goal: dict
    profile: Profile
    accepted: bytes | None = None
    zone: str = "UTC"

    def export_goal(self):
        return ExportGoal.model_validate(
            {
                "kind": "export",
                "name": "G",
                "segment": {"name": "Readers", "id": "s1"},
                "identifiers": _BY_EMAIL,
                **self.goal,
            }
        )

    def builder(self):
        resolved = resolve(Connection(name="N", goals=[self.export_goal()]), ACCOUNTS).usable()
        (goal,) = resolved.exports
        return PayloadBuilder(resolved, goal, ACCOUNTS, ZoneInfo(self.zone), row_size=bulk_row_size)

    def payload(self):
        return self.builder().build(self.profile, self.accepted)


def _maps(*rows):
    return [dict(zip(("field", "property", "rule"), row, strict=False)) for row in rows]


def _contact(email="anna@example.com", **more):
    return Contact(7, email, **more)


IMPORTS = {
    "plain": ImportCase(
        {"mappings": _maps(("firstName", "first_name"))}, _contact(first_name="Anna")
    ),
    "nothing mapped": ImportCase({}, _contact()),
    "creates": ImportCase(
        {"create_profiles": True, "mappings": _maps(("firstName", "first_name", "set"))},
        _contact("Anna@Example.com", first_name="Anna"),
    ),
    "odd text": ImportCase(
        {"mappings": _maps(("firstName", "first_name"), ("%NOTE%", "note", "add"))},
        _contact(first_name=_ODD, fields={"NOTE": "'\"'"}),
    ),
    "every rule": ImportCase(
        {
            "mappings": [
                {"field": "firstName", "property": "first_name", "when_empty": "clear"},
                {"field": "%TIER%", "property": "tier", "rule": "set_if_empty"},
                {"field": "%INTERESTS%", "property": "interests", "rule": "add"},
                {"field": "%POINTS%", "property": "points", "rule": "sum"},
            ]
        },
        _contact(fields={"TIER": "gold", "INTERESTS": "||a||b c||", "POINTS": "12"}),
    ),
    "sum without value": ImportCase({"mappings": _maps(("%POINTS%", "points", "sum"))}, _contact()),
    "profile id": ImportCase(
        {
            "create_profiles": True,
            "identifiers": [
                {"field": "%BCID%", "profile_id": True},
                {"field": "email", "property": "email"},
            ],
            "mappings": _maps(("firstName", "first_name")),
        },
        _contact(first_name="Anna", fields={"BCID": "5f0b2d6e-0000-4000-8000-000000000007"}),
    ),
    "two links": ImportCase(
        {
            "create_profiles": True,
            "identifiers": [
                {"field": "email", "property": "email"},
                {"field": "%BCID%", "property": "customer"},
            ],
            "mappings": _maps(("%BCID%", "customer")),
        },
        _contact("Eva@Example.com", fields={"BCID": "0042"}),
    ),
    "lists": ImportCase(
        {
            "contacts": "lists",
            "lists": [
                {"list": {"name": "Partners", "id": "4"}, "create_profiles": True},
                {"list": {"name": "Newsletter", "id": "5"}},
            ],
            "save_lists_to": "interests",
        },
        _contact(lists={4: ListStatus.ACTIVE, 5: ListStatus.ACTIVE, 9: ListStatus.ACTIVE}),
    ),
    "dates": ImportCase(
        {"mappings": _maps(("%BORN%", "born"), ("cdate", "note"))},
        _contact(fields={"BORN": "1999-12-31"}, created=datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        zone="Europe/Amsterdam",
    ),
    "consent": ImportCase(
        {
            "mappings": _maps(
                ("%NOTE%", "consented_objectives"), ("%POINTS%", "privacy_legislation")
            )
        },
        _contact(fields={"NOTE": "||marketing||other||", "POINTS": "GDPR"}),
    ),
    "trailing blank": ImportCase(
        {"create_profiles": True, "mappings": _maps(("email", "email"))},
        _contact("tail@example.com "),
    ),
    "invisible character": ImportCase(
        {"create_profiles": True, "mappings": _maps(("firstName", "first_name"))},
        _contact("\u200banna@example.com", first_name="Anna"),
    ),
    "domain in another form": ImportCase({"create_profiles": True}, _contact("Eva@BÜCHER.example")),
}


def _profile(**properties):
    return Profile("p7", properties=properties)


EXPORTS = {
    "plain": ExportCase(
        {"mappings": [{"from": {"property": "first_name"}, "field": "firstName"}]},
        _profile(email=["anna@example.com"], first_name=["Anna"]),
    ),
    "nothing mapped": ExportCase({}, _profile(email=["anna@example.com"])),
    "several addresses": ExportCase(
        {"mappings": [{"from": {"property": "note"}, "field": "email"}]},
        _profile(email=["Zoe@Example.com", "bad address"], note=["a@example.com", "zoe@x.org "]),
    ),
    "other links": ExportCase(
        {
            "identifiers": [
                {"field": "%BCID%", "property": "customer"},
                {"field": "id", "profile_id": True},
            ],
        },
        Profile("17", {"customer": ["0042", "43"]}, replaces=("18",)),
    ),
    "every source": ExportCase(
        {
            "mappings": [
                {"from": {"property": "first_name"}, "field": "firstName", "when_empty": "clear"},
                {"from": "profile_id", "field": "%BCID%"},
                {"from": {"segments": "all"}, "field": "%INTERESTS%"},
                {"from": "lifecycles", "field": "%NOTE%"},
                {"from": "viewed_interactions", "field": "lastName"},
                {"from": "permission_level", "field": "%TIER%"},
                {"from": {"text": "blueconic"}, "field": "phone"},
            ],
            "lists": [{"name": "Partners", "id": "4"}, {"name": "Newsletter", "id": "5"}],
        },
        Profile(
            "p7",
            {"email": ["anna@example.com"], "first_name": ["Anna"], "interactions_viewed": ["i1"]},
            texts={PlainSource.PERMISSION_LEVEL: "gold"},
            segments=(("s2", "Buyers"), ("s1", "Readers")),
            lifecycle_stages=(StageOfProfile("l1", "Journey", "t1", "First"),),
        ),
    ),
    "became empty": ExportCase(
        {
            "mappings": [
                {"from": {"segments": ["s1"]}, "field": "%INTERESTS%"},
                {"from": "lifecycles", "field": "%NOTE%"},
            ],
            "lists": [{"name": "Newsletter", "id": "5"}, {"name": "Partners", "id": "4"}],
        },
        _profile(email=["anna@example.com"]),
        accepted=bytes(10) + bytes.fromhex("6fa8720e96264351"),
    ),
    "odd text": ExportCase(
        {
            "mappings": [
                {"from": {"property": "first_name"}, "field": "firstName"},
                {"from": {"property": "note"}, "field": "%NOTE%", "when_empty": "clear"},
            ]
        },
        _profile(email=["anna@example.com"], first_name=[_ODD], note=["'\"'", "\ud800"]),
    ),
    "dates": ExportCase(
        {
            "mappings": [
                {"from": {"property": "born"}, "field": "%BORN%"},
                {"from": {"property": "born"}, "field": "%SEEN%"},
            ]
        },
        _profile(email=["anna@example.com"], born=["946594800000"]),
        zone="Europe/Amsterdam",
    ),
    "invisible character": ExportCase({}, _profile(email=["\u200bAnna@example.com"])),
    "trailing blank": ExportCase({}, _profile(email=["tail@example.com "])),
}
