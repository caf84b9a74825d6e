"""What one profile asks of ActiveCampaign (sync/README.md §5, §6, §8): goals and profiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import pytest

from actui.api.activecampaign.rows import bulk_row_size
from actui.model.limits import BULK_BYTES
from actui.model.records import Profile, StageOfProfile
from actui.model.run import Record
from actui.sync.exporting.payload import Payload, PayloadBuilder
from actui.sync.fingerprints import field_mark, marks_of
from actui.sync.limits import MOST_LOOKUPS
from tests.unit.sync.accounts import ACCOUNTS, BY_EMAIL, BY_NUMBER, connection_of, export_goal

LINKED = {"objectives": ["Mail"]}
WHERE_NEEDED = {**LINKED, "consent_where_needed": True}
BY_ID = [{"field": "id", "property": "number"}]
IN_FIRST = {"lifecycle": {"lifecycle": "Journey", "stage": "First", "events": ["opened"]}}
FIRST = StageOfProfile("l1", "Journey", "t1", "First")
FIRST_OF_ANOTHER = StageOfProfile("off", "Old journey", "t1", "First")


def profile(*emails: str, **more: Any) -> Profile:
    parts = {name: more.pop(name) for name in list(more) if name in Profile.__dataclass_fields__}
    properties = {name: tuple(values) for name, values in more.items()}
    return Profile("p1", {"email": emails, **properties}, **parts)


def maps(source: Any, target: str, **more: Any) -> dict[str, Any]:
    return {"mappings": [{"from": source, "field": target, **more}]}


def of(name: str) -> dict[str, str]:
    return {"property": name}


@dataclass(frozen=True)
class Case:
    """A profile and what `seen` must show of the decision.

    `filled` are fields that had a value when the profile was last accepted.
    """

    goal: dict[str, Any]
    profile: Profile
    expected: dict[str, Any]
    connection: dict[str, Any] = field(default_factory=dict)
    filled: tuple[str, ...] = ()


def seen(built: Payload | Record) -> dict[str, Any]:
    """A decision by names."""
    if isinstance(built, Record):
        return {"outcome": f"{built.outcome} {built.reason}", "email": built.email}
    row = built.row
    names = {"firstName": row.first_name, "lastName": row.last_name, "phone": row.phone}
    tags = {one.id: f"%{one.tag}%" for one in ACCOUNTS.fields.values()}
    values = {name: value for name, value in names.items() if value is not None}
    values |= {tags[id_]: value for id_, value in row.fields.items()}
    marks = marks_of(built.fingerprint.today)
    return {
        "outcome": "sent",
        "emails": built.emails,
        "spellings": built.first_spellings,
        "unusable": built.unusable,
        "links": dict(built.links),
        "values": values,
        "omitted": {one.field: one.why for one in built.omitted.values},
        "became_empty": built.became_empty,
        "filled": {name for name in [*names, *tags.values()] if field_mark(name) in marks},
        "profiles": built.profile_ids,
    }


def accepted_with(filled: tuple[str, ...]) -> bytes | None:
    """A fingerprint as it is stored of somebody who had these fields."""
    if not filled:
        return None
    return b"\2" + bytes(10) + b"".join(field_mark(name).to_bytes(4, "big") for name in filled)


CASES = {
    # addresses
    "no address": Case({}, profile(), {"outcome": "skipped no-email"}),
    "an address of blanks alone": Case({}, profile(" \u200b"), {"outcome": "skipped no-email"}),
    "an address that no import takes": Case(
        {}, profile("ada"), {"outcome": "rejected invalid-email", "email": "ada"}
    ),
    "an address longer than mail servers take": Case(
        {}, profile(f"{'a' * 250}@x.org"), {"outcome": "rejected invalid-email"}
    ),
    "the longest address": Case({}, profile(f"{'a' * 248}@x.org"), {"outcome": "sent"}),
    "the first usable address of several": Case(
        {},
        profile("ada", "ada@x.org", "eva@x.org"),
        {
            "emails": ("ada@x.org", "eva@x.org"),
            "omitted": {"email": "as a contact has one address"},
        },
    ),
    "two spellings of one address are one": Case(
        {},
        profile("Ada@X.org", "ada@x.org"),
        {"emails": ("Ada@X.org",), "spellings": ("Ada@X.org", "ada@x.org"), "omitted": {}},
    ),
    "an address is sent cleaned": Case(
        {},
        profile(" a\u200bda@x.org"),
        {
            "emails": ("ada@x.org",),
            "spellings": (" a\u200bda@x.org",),
            "omitted": {"email": "cleaned of blanks and invisible characters"},
        },
    ),
    "a linked address comes before a mapped one": Case(
        maps(of("second_email"), "email"),
        profile("ada@x.org", second_email=["eva@x.org"]),
        {
            "emails": ("ada@x.org", "eva@x.org"),
            "values": {},
            "omitted": {"email": "as a contact has one address"},
        },
    ),
    "by another link an address that no import takes is unusable": Case(
        {"identifiers": BY_NUMBER, **maps(of("email"), "email")},
        profile("ada", number=["12"]),
        {"emails": (), "unusable": "ada", "links": {"%NUMBER%": ("12",)}},
    ),
    # links
    "no value in a link": Case(
        {"identifiers": [*BY_EMAIL, *BY_NUMBER]},
        profile("ada@x.org", number=[" "]),
        {"outcome": "skipped no-identifier", "email": "ada@x.org"},
    ),
    "contact ids are digits": Case(
        {"identifiers": BY_ID}, profile(number=["x", "12"]), {"links": {"id": ("12",)}}
    ),
    "no contact id among the values": Case(
        {"identifiers": BY_ID},
        profile(number=["x", "１２", "-1"]),
        {"outcome": "rejected invalid-identifier"},
    ),
    "more contact ids than are looked up": Case(
        {"identifiers": BY_ID},
        profile(number=[str(n) for n in range(MOST_LOOKUPS + 1)]),
        {"outcome": "rejected too-large"},
    ),
    "as many contact ids as are looked up": Case(
        {"identifiers": BY_ID}, profile(number=[str(n) for n in range(MOST_LOOKUPS)]), {}
    ),
    "the ids of merged profiles are the profile's too": Case(
        {"identifiers": [{"field": "%BCID%", "profile_id": True}]},
        profile(replaces=("p0",)),
        {"links": {"%BCID%": ("p1", "p0")}, "profiles": ("p1", "p0")},
    ),
    "merged profiles that cannot be read": Case(
        {}, profile("ada@x.org", unreadable={"replaces"}), {"outcome": "skipped ambiguous-match"}
    ),
    "too large to be read": Case(
        {}, profile("ada@x.org", too_large=True), {"outcome": "rejected too-large", "email": ""}
    ),
    # consent
    "no objective linked": Case({}, profile("ada@x.org", refused={"mail"}), {}),
    "consent to a linked objective": Case({}, profile("ada@x.org", consented={"mail"}), {}, LINKED),
    "consent to one of two": Case(
        {},
        profile("ada@x.org", consented={"ads"}, refused={"mail"}),
        {},
        {"objectives": ["Mail", "Ads"]},
    ),
    "consent to another objective": Case(
        {}, profile("ada@x.org", consented={"ads"}), {"outcome": "skipped no-consent"}, LINKED
    ),
    "a zone without need for consent, as the article has it": Case(
        {}, profile("ada@x.org", legislation="LGPD"), {"outcome": "skipped no-consent"}, LINKED
    ),
    "a zone without need for consent": Case(
        {}, profile("ada@x.org", legislation="LGPD"), {}, WHERE_NEEDED
    ),
    "no zone at all": Case({}, profile("ada@x.org"), {}, WHERE_NEEDED),
    "a zone that needs it": Case(
        {},
        profile("ada@x.org", legislation="CCPA"),
        {"outcome": "skipped no-consent"},
        WHERE_NEEDED,
    ),
    "refused where it is not needed": Case(
        {},
        profile("ada@x.org", legislation="LGPD", refused={"mail"}),
        {"outcome": "skipped no-consent"},
        WHERE_NEEDED,
    ),
    "a zone that one of two objectives needs": Case(
        {},
        profile("ada@x.org", legislation="CCPA"),
        {"outcome": "skipped no-consent"},
        {**WHERE_NEEDED, "objectives": ["Ads", "Mail"]},
    ),
    "a zone that cannot be read": Case(
        {},
        profile("ada@x.org", unreadable={"privacyLegislation"}),
        {"outcome": "skipped no-consent"},
        WHERE_NEEDED,
    ),
    "consent comes before the address": Case(
        {}, profile("ada"), {"outcome": "skipped no-consent"}, LINKED
    ),
    # stages
    "in the goal's stage": Case(IN_FIRST, profile("ada@x.org", lifecycle_stages=(FIRST,)), {}),
    "in the stage of another lifecycle": Case(
        IN_FIRST,
        profile("ada@x.org", lifecycle_stages=(FIRST_OF_ANOTHER,)),
        {"outcome": "skipped not-in-stage"},
    ),
    "in no stage": Case(
        IN_FIRST, profile("ada@x.org", lifecycle_stages=()), {"outcome": "skipped not-in-stage"}
    ),
    "a stage that is not shown": Case(
        IN_FIRST, profile("ada@x.org"), {"outcome": "skipped stage-unknown"}
    ),
    "a stage that is not shown and does not matter": Case(
        {**IN_FIRST, "unknown_stage": "export"}, profile("ada@x.org"), {}
    ),
    "another stage, where only unknown ones do not matter": Case(
        {**IN_FIRST, "unknown_stage": "export"},
        profile("ada@x.org", lifecycle_stages=()),
        {"outcome": "skipped not-in-stage"},
    ),
    "a lifecycle that is switched off limits nobody": Case(
        {"lifecycle": {"lifecycle": "Old journey", "stage": "First"}},
        profile("ada@x.org", lifecycle_stages=()),
        {},
    ),
    # values
    "several values in a text field": Case(
        maps(of("tags"), "%NOTE%"),
        profile("ada@x.org", tags=["a", "b"]),
        {"values": {"%NOTE%": "a, b"}},
    ),
    "several values in a field of several": Case(
        maps(of("tags"), "%TAGS%"),
        profile("ada@x.org", tags=["a", "b"]),
        {"values": {"%TAGS%": "||a||b||"}},
    ),
    "several values in a field of one": Case(
        maps(of("tier"), "%TIER%"),
        profile("ada@x.org", tier=["gold", "silver"]),
        {"values": {"%TIER%": "gold"}, "omitted": {"%TIER%": "as the field takes one value"}},
    ),
    "a value that is no option": Case(
        maps(of("tier"), "%TIER%", when_empty="clear"),
        profile("ada@x.org", tier=["lead"]),
        {"values": {}, "omitted": {"%TIER%": "which are no options of the field"}},
        filled=("%TIER%",),
    ),
    "an instant in a date field": Case(
        maps(of("born"), "%BORN%"),
        profile("ada@x.org", born=["86400000"]),
        {"values": {"%BORN%": "1970-01-02"}},
    ),
    "no date in a date field": Case(
        maps(of("name"), "%BORN%"),
        profile("ada@x.org", name=["soon"]),
        {"values": {}, "omitted": {"%BORN%": "which are no dates"}},
    ),
    "an empty property leaves the field alone": Case(
        maps(of("name"), "firstName"), profile("ada@x.org"), {"values": {}, "filled": set()}
    ),
    "an empty property clears where the mapping says so": Case(
        maps(of("name"), "firstName", when_empty="clear"),
        profile("ada@x.org"),
        {"values": {"firstName": ""}, "became_empty": False},
    ),
    "it became empty": Case(
        maps(of("name"), "firstName", when_empty="clear"),
        profile("ada@x.org"),
        {"values": {"firstName": ""}, "became_empty": True, "filled": set()},
        filled=("firstName",),
    ),
    "a computed source that became empty clears": Case(
        maps({"segments": "all"}, "%TAGS%"),
        profile("ada@x.org"),
        {"values": {"%TAGS%": ""}, "became_empty": True},
        filled=("%TAGS%",),
    ),
    "a computed source that always was empty sends nothing": Case(
        maps({"segments": "all"}, "%TAGS%"), profile("ada@x.org"), {"values": {}}
    ),
    "chosen segments by name or id": Case(
        maps({"segments": ["Readers", "s2"]}, "%TAGS%"),
        profile("ada@x.org", segments=(("s2", "Buyers"), ("s1", "Readers"), ("s3", "Rest"))),
        {"values": {"%TAGS%": "||Buyers||Readers||"}, "filled": {"%TAGS%"}},
    ),
    "unknown is not empty": Case(
        maps("lifecycles", "%NOTE%"),
        profile("ada@x.org"),
        {"values": {}, "filled": {"%NOTE%"}},
        filled=("%NOTE%",),
    ),
    "unknown, and never filled": Case(
        maps("lifecycles", "%NOTE%"), profile("ada@x.org"), {"values": {}, "filled": set()}
    ),
    "the longest value goes where one person is too large": Case(
        {
            "mappings": [
                {"from": of("name"), "field": "firstName"},
                {"from": of("tags"), "field": "%NOTE%"},
            ]
        },
        profile("ada@x.org", name=["Ada"], tags=["x" * BULK_BYTES]),
        {
            "values": {"firstName": "Ada"},
            "omitted": {"%NOTE%": "as ActiveCampaign takes at most 399,999 bytes of one person"},
        },
    ),
    "links that alone are too large": Case(
        {"identifiers": BY_NUMBER},
        profile(number=["1" * BULK_BYTES]),
        {"outcome": "rejected too-large"},
    ),
}


def builder(goal: dict[str, Any], **connection: Any) -> PayloadBuilder:
    resolved = connection_of(export_goal(**goal), **connection)
    return PayloadBuilder(resolved, resolved.exports[0], ACCOUNTS, UTC, row_size=bulk_row_size)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_profile_asks_for(case: Case) -> None:
    made = builder(case.goal, **case.connection)
    found = seen(made.build(case.profile, accepted_with(case.filled)))
    expected = {"outcome": "sent", **case.expected}
    assert {name: found[name] for name in expected} == expected


NAMED = maps(of("name"), "firstName")
SAME = {
    "another spelling by case": (profile("Ada@x.org"), profile("ada@x.org")),
    "a property that is not mapped": (profile("ada@x.org"), profile("ada@x.org", tier=["gold"])),
}
OTHER = {
    "another value": (profile("ada@x.org", name=["Ada"]), profile("ada@x.org", name=["Eva"])),
    "another address": (profile("ada@x.org"), profile("eva@x.org")),
}


def fits(before: Profile, after: Profile) -> bool:
    made = builder(NAMED)
    one, other = made.build(before, None), made.build(after, None)
    assert isinstance(one, Payload)
    assert isinstance(other, Payload)
    return other.fingerprint.fits(one.fingerprint.today)


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_what_sends_nobody_again(before: Profile, after: Profile) -> None:
    assert fits(before, after)


@pytest.mark.parametrize(("before", "after"), OTHER.values(), ids=OTHER)
def test_what_sends_somebody_again(before: Profile, after: Profile) -> None:
    assert not fits(before, after)


def test_a_list_that_is_added_sends_everybody_again() -> None:
    made = [builder({**NAMED, "lists": lists}) for lists in (["News"], ["News", "VIP"])]
    one, other = (each.build(profile("ada@x.org"), None) for each in made)
    assert isinstance(one, Payload)
    assert isinstance(other, Payload)
    assert not other.fingerprint.fits(one.fingerprint.today)
