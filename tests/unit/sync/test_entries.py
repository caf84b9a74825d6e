"""What one contact asks of BlueConic (sync/README.md §3, §4): a table of goals and contacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import pytest

from actui.model.goals import ListStatus
from actui.model.journal import SumKey
from actui.model.records import Contact
from actui.model.run import Record
from actui.sync.importing.entries import Entry, EntryBuilder
from actui.sync.limits import ENTRY_BYTES, LONGEST_LOOKUP
from tests.unit.sync.accounts import (
    ACCOUNTS,
    BY_EMAIL,
    BY_NUMBER,
    BY_PROFILE_ID,
    NEWS,
    VIP,
    import_of,
)

ACTIVE, UNSUBSCRIBED = ListStatus.ACTIVE, ListStatus.UNSUBSCRIBED
POINTS = SumKey(7, "%POINTS%", "points")
LONG = "x" * (ENTRY_BYTES // 20)


def maps(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"mappings": [{"field": source, "property": target, **more}]}


def sums(**more: Any) -> dict[str, Any]:
    return maps("%POINTS%", "points", rule="sum", **more)


def on_lists(**more: Any) -> dict[str, Any]:
    """Of two lists only VIP may create."""
    lists = [{"list": "News"}, {"list": "VIP", "create_profiles": True}]
    return {"contacts": "lists", "lists": lists, **more}


def contact(email: str = "ada@x.org", **more: Any) -> Contact:
    return Contact(7, email, **more)


@dataclass(frozen=True)
class Case:
    """A contact, what is remembered of its Sums, and what `seen` must show of the decision."""

    goal: dict[str, Any]
    contact: Contact
    expected: dict[str, Any]
    remembered: dict[SumKey, str] = field(default_factory=dict)


def seen(built: Entry | Record) -> dict[str, Any]:
    """A decision by names."""
    if isinstance(built, Record):
        return {"outcome": f"{built.outcome} {built.reason}", "detail": built.detail}
    write = built.write
    return {
        "outcome": "sent",
        "writes": {one.property: (one.strategy, one.values) for one in write.writes},
        "for_new": {one.property for one in write.writes if one.restriction},
        "matching": [dict(group) for group in write.matching],
        "profile_id": write.profile_id,
        "create": write.create,
        "new": (write.legislation, write.permission_level, write.domain_group),
        "barred": built.barred,
        "sums": {key.property: value for key, value in built.sums.items()},
        "has_increment": built.has_increment,
        "omitted": {one.field: one.why for one in built.omitted.values},
        "required": built.required,
    }


CASES = {
    # who is not sent
    "erased": Case({}, contact(erased=True), {"outcome": "skipped erased"}),
    "too large to be read": Case({}, contact(too_large=True), {"outcome": "rejected too-large"}),
    "no address": Case({}, contact(""), {"outcome": "skipped no-identifier", "detail": "email"}),
    "an address of blanks and invisible characters": Case(
        {}, contact(" \u200b "), {"outcome": "skipped no-identifier"}
    ),
    "no value for one of two links": Case(
        {"identifiers": [*BY_EMAIL, *BY_NUMBER]},
        contact(),
        {"outcome": "skipped no-identifier", "detail": "%NUMBER%"},
    ),
    "an address that no e-mail property takes": Case(
        {}, contact("ada"), {"outcome": "rejected invalid-identifier", "detail": "email"}
    ),
    "several values in a link": Case(
        {"identifiers": BY_NUMBER},
        contact(fields={"NUMBER": "||1||2||"}),
        {"outcome": "rejected invalid-identifier"},
    ),
    "links longer than a look-up": Case(
        {"identifiers": BY_NUMBER},
        contact(fields={"NUMBER": "1" * (LONGEST_LOOKUP + 1)}),
        {"outcome": "rejected too-large"},
    ),
    "links as long as a look-up": Case(
        {"identifiers": BY_NUMBER},
        contact(fields={"NUMBER": "1" * LONGEST_LOOKUP}),
        {"outcome": "sent"},
    ),
    "two profile ids that differ": Case(
        {"identifiers": [*BY_PROFILE_ID, {"field": "%NUMBER%", "profile_id": True}]},
        contact(fields={"BCID": "p1", "NUMBER": "p2"}),
        {"outcome": "skipped no-match"},
    ),
    # whom an entry finds
    "an address in capitals is also looked for in lower case": Case(
        {},
        contact("Ada@X.org"),
        {"matching": [{"email": "Ada@X.org"}, {"email": "ada@x.org"}]},
    ),
    "an address with an invisible character is looked for cleaned": Case(
        maps("email", "second_email"),
        contact("a\u200bda@x.org"),
        {
            "matching": [{"email": "a\u200bda@x.org"}, {"email": "ada@x.org"}],
            "writes": {"second_email": ("SET", ("ada@x.org",))},
            "omitted": {"email": "cleaned of blanks and invisible characters"},
        },
    ),
    "two links must both match": Case(
        {"identifiers": [*BY_EMAIL, *BY_NUMBER]},
        contact(fields={"NUMBER": " 12 "}),
        {"matching": [{"email": "ada@x.org", "number": "12"}]},
    ),
    "a profile id alone": Case(
        {"identifiers": BY_PROFILE_ID, "create_profiles": True},
        contact(fields={"BCID": " p1 "}),
        {"profile_id": "p1", "matching": [], "create": False, "required": ()},
    ),
    "a link beside a profile id is required of the profile": Case(
        {"identifiers": [*BY_PROFILE_ID, *BY_NUMBER], "create_profiles": True},
        contact(fields={"BCID": "p1", "NUMBER": "12"}),
        {"profile_id": "p1", "create": False, "required": (("number", "12"),)},
    ),
    # who may become a new profile
    "nobody new unless the goal says so": Case(
        {}, contact(), {"create": False, "writes": {}, "new": (None, None, None)}
    ),
    "a new profile gets its links and what new profiles start with": Case(
        {"create_profiles": True, "new_profiles": {"privacy_legislation": "GDPR"}},
        contact(),
        {
            "create": True,
            "for_new": {"email"},
            "writes": {"email": ("SET", ("ada@x.org",))},
            "new": ("GDPR", "PERSONAL", "DEFAULT"),
        },
    ),
    "a link that is mapped is not written twice": Case(
        {"create_profiles": True, **maps("email", "email")},
        contact(),
        {"for_new": set(), "writes": {"email": ("SET", ("ada@x.org",))}},
    ),
    "on a list that may not create": Case(
        on_lists(), contact(lists={NEWS: ACTIVE}), {"create": False, "barred": "News"}
    ),
    "on both, one of which may create": Case(
        on_lists(), contact(lists={NEWS: ACTIVE, VIP: ACTIVE}), {"create": True, "barred": ""}
    ),
    "a list with a status that is not read does not count": Case(
        on_lists(),
        contact(lists={NEWS: ACTIVE, VIP: UNSUBSCRIBED}),
        {"create": False, "barred": "News"},
    ),
    "a list with a status that is read counts": Case(
        on_lists(statuses=["active", "unsubscribed"]),
        contact(lists={VIP: UNSUBSCRIBED}),
        {"create": True},
    ),
    # values
    "set": Case(
        maps("firstName", "name"),
        contact(first_name="Ada"),
        {"writes": {"name": ("SET", ("Ada",))}},
    ),
    "set if empty": Case(
        maps("firstName", "name", rule="set_if_empty"),
        contact(first_name="Ada"),
        {"writes": {"name": ("SET_IF_EMPTY", ("Ada",))}},
    ),
    "add several values, each once": Case(
        maps("%TAGS%", "tags", rule="add"),
        contact(fields={"TAGS": "||a||b||a||"}),
        {"writes": {"tags": ("ADD", ("a", "b"))}},
    ),
    "an empty field leaves the property alone": Case(
        maps("firstName", "name"), contact(), {"writes": {}, "omitted": {}}
    ),
    "a field without a value clears where the mapping says so": Case(
        maps("firstName", "name", when_empty="clear"), contact(), {"writes": {"name": ("SET", ())}}
    ),
    "a value that is no number": Case(
        maps("%POINTS%", "points"),
        contact(fields={"POINTS": "1.5"}),
        {"writes": {}, "omitted": {"%POINTS%": "which the BlueConic property cannot hold"}},
    ),
    "a value that does not fit clears nothing": Case(
        maps("%POINTS%", "points", when_empty="clear"),
        contact(fields={"POINTS": "many"}),
        {"writes": {}},
    ),
    "a field that cannot be read": Case(
        maps("%POINTS%", "points", when_empty="clear"),
        contact(unreadable=frozenset({"POINTS"})),
        {
            "writes": {},
            "omitted": {"%POINTS%": "which cannot be read in ActiveCampaign's answer"},
        },
    ),
    "an objective that BlueConic does not have": Case(
        maps("%TAGS%", "consented_objectives", rule="add"),
        contact(fields={"TAGS": "||mail||gone||"}),
        {
            "writes": {"consented_objectives": ("ADD", ("mail",))},
            "omitted": {"%TAGS%": "which BlueConic does not know"},
        },
    ),
    "a legislation zone that does not exist": Case(
        maps("%NOTE%", "privacy_legislation"),
        contact(fields={"NOTE": "GPDR"}),
        {"writes": {}, "omitted": {"%NOTE%": "which BlueConic does not know"}},
    ),
    "the names of active lists": Case(
        {"save_lists_to": "lists"},
        contact(lists={VIP: ACTIVE, NEWS: UNSUBSCRIBED}),
        {"writes": {"lists": ("ADD", ("VIP",))}},
    ),
    "the longest value goes where one person is too large": Case(
        {
            "mappings": [
                {"field": "firstName", "property": "name"},
                {"field": "%TAGS%", "property": "tags", "rule": "add"},
            ]
        },
        contact(
            first_name="Ada", fields={"TAGS": f"||{'||'.join(f'{LONG}{n}' for n in range(21))}||"}
        ),
        {
            "writes": {"name": ("SET", ("Ada",))},
            "omitted": {
                "%TAGS%": "as one person may take at most 900,000 bytes of a request to BlueConic"
            },
        },
    ),
    # Sum
    "a first Sum adds the whole value": Case(
        sums(),
        contact(fields={"POINTS": "40"}),
        {"writes": {"points": ("INCREMENT", ("40",))}, "sums": {"points": "40"}},
    ),
    "a first Sum that starts from a baseline adds nothing": Case(
        sums(sum_start="baseline"),
        contact(fields={"POINTS": "40"}),
        {"writes": {}, "sums": {"points": "40"}, "has_increment": False},
    ),
    "a baseline holds for the first value alone": Case(
        sums(sum_start="baseline"),
        contact(fields={"POINTS": "41"}),
        {"writes": {"points": ("INCREMENT", ("41",))}},
        {POINTS: "40"},
    ),
    "the same value again adds nothing, however it is written": Case(
        sums(), contact(fields={"POINTS": "040"}), {"writes": {}, "sums": {}}, {POINTS: "40"}
    ),
    "another value is added whole": Case(
        sums(),
        contact(fields={"POINTS": "50"}),
        {"writes": {"points": ("INCREMENT", ("50",))}, "sums": {"points": "50"}},
        {POINTS: "40"},
    ),
    "of its change only the difference is added": Case(
        sums(of="change"),
        contact(fields={"POINTS": "30"}),
        {"writes": {"points": ("INCREMENT", ("-10",))}, "sums": {"points": "30"}},
        {POINTS: "40"},
    ),
    "the first change is from nothing": Case(
        sums(of="change"),
        contact(fields={"POINTS": "30"}),
        {"writes": {"points": ("INCREMENT", ("30",))}, "has_increment": True},
    ),
    "a Sum of an empty field": Case(sums(), contact(), {"writes": {}, "sums": {}, "omitted": {}}),
    "a Sum of what is no number": Case(
        sums(),
        contact(fields={"POINTS": "many"}),
        {"writes": {}, "sums": {}, "omitted": {"%POINTS%": "which cannot be summed"}},
    ),
    "a Sum of zero is remembered and adds nothing": Case(
        sums(), contact(fields={"POINTS": "0"}), {"writes": {}, "sums": {"points": "0"}}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_contact_asks_for(case: Case) -> None:
    builder = EntryBuilder(import_of(**case.goal), ACCOUNTS, UTC)
    found = seen(builder.build(case.contact, case.remembered))
    expected = {"outcome": "sent", **case.expected}
    assert {name: found[name] for name in expected} == expected


BELONGING = {
    "everybody": ({}, contact(), True),
    "everybody with a status": ({"statuses": ["active"]}, contact(lists={NEWS: ACTIVE}), True),
    "nobody without it": ({"statuses": ["active"]}, contact(lists={NEWS: UNSUBSCRIBED}), False),
    "on a list of the goal": (on_lists(), contact(lists={VIP: ACTIVE}), True),
    "on another list": (on_lists(), contact(lists={9: ACTIVE}), False),
    "off a list of the goal": (on_lists(), contact(lists={VIP: UNSUBSCRIBED}), False),
    "too large to show its lists": (on_lists(), contact(too_large=True), True),
}


@pytest.mark.parametrize(("goal", "person", "belongs"), BELONGING.values(), ids=BELONGING)
def test_whom_a_goal_reads(goal: dict[str, Any], person: Contact, belongs: bool) -> None:
    assert EntryBuilder(import_of(**goal), ACCOUNTS, UTC).belongs(person) is belongs


UNCHANGED = {
    "another spelling of the same address": (contact("ada@x.org "), contact("ada@x.org")),
    "another list": (contact(lists={NEWS: ACTIVE}), contact(lists={VIP: ACTIVE})),
}
CHANGED = {
    "another value": (contact(first_name="Ada"), contact(first_name="Eva")),
    "a value of a Sum": (contact(fields={"POINTS": "1"}), contact(fields={"POINTS": "2"})),
    "no value any more": (contact(first_name="Ada"), contact()),
}
WATCHED = {
    "mappings": [
        {"field": "firstName", "property": "name"},
        {"field": "%POINTS%", "property": "points", "rule": "sum"},
    ]
}


@pytest.mark.parametrize(("before", "after"), UNCHANGED.values(), ids=UNCHANGED)
def test_what_sends_nobody_again(before: Contact, after: Contact) -> None:
    builder = EntryBuilder(import_of(**WATCHED), ACCOUNTS, UTC)
    one, other = builder.build(before, {}), builder.build(after, {})
    assert isinstance(one, Entry)
    assert isinstance(other, Entry)
    assert other.fingerprint.fits(one.fingerprint.today)


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED)
def test_what_sends_somebody_again(before: Contact, after: Contact) -> None:
    builder = EntryBuilder(import_of(**WATCHED), ACCOUNTS, UTC)
    one, other = builder.build(before, {}), builder.build(after, {})
    assert isinstance(one, Entry)
    assert isinstance(other, Entry)
    assert not other.fingerprint.fits(one.fingerprint.today)
