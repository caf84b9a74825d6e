"""BlueConic's bulk write, strategy by strategy and state by state.

Each row of the tables names the place in the OpenAPI document that it follows, as a JSON pointer,
with words that stand there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from actui.sandbox.blueconic.tenant_catalogue import READERS
from tests.services.contract.contract import ABSENT, IS_HERE, SHARED

EMAIL = "bulk@example.org"
PUT = "/paths/~1profiles/put"
PROSE = f"{PUT}/requestBody/description"
ENTRY = "/components/schemas/BulkInputEntryV2/properties"
RULE = "/components/schemas/ProfileProperty/properties"
RESULT = "/components/schemas/BulkResultBean/properties"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the document and words that stand there."""

    pointer: str
    words: str


@dataclass(frozen=True, slots=True)
class Strategy:
    """What a property's strategy makes of the values held; `fresh` is the outcome of none held."""

    name: str
    id: str
    held: tuple[str, ...]
    values: tuple[str, ...]
    outcome: tuple[str, ...]
    fresh: tuple[str, ...]
    source: Source


STRATEGIES = (
    Strategy(
        "ADD",
        "interests",
        ("a", "b"),
        ("b", "c"),
        ("a", "b", "c"),
        ("b", "c"),
        Source(PROSE, "Values will be added to the values that already existed in the profile"),
    ),
    Strategy(
        "SET",
        "interests",
        ("a", "b"),
        ("b", "c"),
        ("b", "c"),
        ("b", "c"),
        Source(PROSE, "Values will overwrite the values that already existed in the profile"),
    ),
    Strategy(
        "SET_IF_EMPTY",
        "city",
        ("Leeds",),
        ("Utrecht",),
        ("Leeds",),
        ("Utrecht",),
        Source(PROSE, "Only set values if the profile or timeline event property is empty"),
    ),
    Strategy(
        "INCREMENT",
        "points",
        ("5",),
        ("7",),
        ("12",),
        ("7",),
        Source(PROSE, "Add the value to the value already stored in the profile property"),
    ),
    Strategy(
        "INCREMENT",
        "balance",
        ("0.1",),
        ("0.2",),
        ("0.3",),
        ("0.2",),
        Source(f"{RULE}/strategy/enum", "INCREMENT"),
    ),
    Strategy(
        "REMOVE",
        "interests",
        ("a", "b"),
        ("b", "c"),
        ("a",),
        (),
        Source(PROSE, "Remove the value from the list of values already stored"),
    ),
)

RESTRICTIONS = {
    # which profiles a rule is for: known ones, new ones
    "ALL_PROFILES": (True, True),
    "EXISTING_PROFILES_ONLY": (True, False),
    "NEW_PROFILES_ONLY": (False, True),
}
RESTRICTION = Source(f"{RULE}/restriction/enum", "EXISTING_PROFILES_ONLY")
ENTRY_STRATEGIES = {
    "UPSERT": Source(PROSE, "Will update (and insert if not found) the profile"),
    "UPDATE": Source(PROSE, "Will update (but doesn’t insert if not found) the profile"),
    "DELETE": Source(PROSE, "Will delete the profile with the given ID"),
}


def rule(name: str, *values: str, strategy: str = "SET", **more: Any) -> Json:
    return {"id": name, "values": list(values), "strategy": strategy, **more}


async def known(ports: Any, values: Json) -> str:
    """A profile with these values and the address."""
    told = {"properties": {"email": [EMAIL], **values}}
    return str((await ports.mutate("blueconic", "create", set=told))["id"])


async def held(ports: Any, number: str) -> dict[str, list[str]]:
    body = (await ports.bc.get(f"/profiles/{number}")).json()
    return {one["id"]: one["values"] for one in body["properties"]}


@pytest.mark.parametrize("restriction", RESTRICTIONS)
@pytest.mark.parametrize("one", STRATEGIES, ids=lambda one: f"{one.name}-{one.id}")
@pytest.mark.parametrize(
    ("strategy", "is_known"),
    [pair for pair in product(ENTRY_STRATEGIES, (True, False)) if pair != ("DELETE", True)],
)
async def test_each_strategy_for_each_entry(
    ports: Any, strategy: str, is_known: bool, one: Strategy, restriction: str
) -> None:
    number = await known(ports, {one.id: list(one.held)}) if is_known else None
    entry = {
        "matching": [[{"id": "email", "value": EMAIL}]],
        "strategy": strategy,
        "properties": [
            rule("email", EMAIL),
            rule(one.id, *one.values, strategy=one.name, restriction=restriction),
        ],
    }
    answer = (await ports.put(entry))[0]
    if not is_known and strategy != "UPSERT":
        assert answer == {"state": "NOTFOUND"}
        return
    before = one.held if is_known else ()
    applies = RESTRICTIONS[restriction][0 if is_known else 1]
    after = (one.outcome if is_known else one.fresh) if applies else before
    changed = "UNCHANGED" if after == before else "MODIFIED"
    assert answer["state"] == (changed if is_known else "CREATED")
    assert number in (None, answer["profileId"])
    assert (await held(ports, answer["profileId"])).get(one.id, []) == list(after)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One way to a state; `given` are the values of the profile with the address, None for none."""

    name: str
    state: str
    source: Source
    given: Json | None = None
    by_id: str = ""
    segment: str = ""
    entry: Json = field(default_factory=dict)
    objectives: str = ""
    switches: Json = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    names_profile: bool = True


STATE = Source(f"{RESULT}/state/enum", "")
GDPR = {"privacy_legislation": ["GDPR"]}
CONSENT = Source(f"{PUT}/parameters/0/description", "`CONSENT_MISMATCH` state for that profile")
ERRORS = Source(f"{RESULT}/validationErrors/description", "errors found for the given profile")
ZONE = Source(f"{ENTRY}/privacyLegislation/description", "when creating a profile")
MATCHING = Source(f"{ENTRY}/matching/description", 'only use "Unique Identifier" properties')
MINE = {"id": "email", "value": EMAIL}
OTHER = {"id": "customer_id", "value": "K-1"}
WRONG = {"id": "customer_id", "value": "K-2"}
SEGMENT = Source("/components/schemas/restriction/description", "isMemberOfSegment")

STATES = (
    State(name="new", state="CREATED", source=ENTRY_STRATEGIES["UPSERT"]),
    State(
        name="new in an opt-in zone that consents",
        state="CREATED",
        source=Source(PROSE, "should at least contain one of the objective IDs"),
        entry={
            "privacyLegislation": "GDPR",
            "properties": [rule("consented_objectives", "analytics")],
        },
        objectives="marketing,analytics",
    ),
    State(
        name="new in a zone that needs no consent",
        state="CREATED",
        source=Source(f"{PUT}/parameters/0/description", "consent is not required for the"),
        entry={"privacyLegislation": "CCPA"},
        objectives="marketing",
    ),
    State(
        name="changed",
        state="MODIFIED",
        source=STATE,
        given={},
        entry={"properties": [rule("city", "Utrecht")]},
    ),
    State(
        name="by id, whatever is to match",
        state="MODIFIED",
        source=Source(f"{ENTRY}/profileId/description", "overrides possible matching criteria"),
        given={},
        by_id="own",
        entry={"matching": [[WRONG]], "properties": [rule("city", "Utrecht")]},
    ),
    State(
        name="UPDATE is the default",
        state="NOTFOUND",
        source=Source(f"{ENTRY}/strategy/default", "UPDATE"),
        entry={"strategy": None},
        names_profile=False,
    ),
    State(
        name="the same values again",
        state="UNCHANGED",
        source=STATE,
        given={"city": ["Utrecht"]},
        entry={"properties": [rule("city", "Utrecht")]},
    ),
    State(name="no rules", state="UNCHANGED", source=STATE, given={}),
    State(
        name="both of an inner array",
        state="UNCHANGED",
        source=Source(f"{ENTRY}/matching/description", 'inner array have an "AND" relation'),
        given={"customer_id": ["K-1"]},
        entry={"matching": [[MINE, OTHER]]},
    ),
    State(
        name="one of an inner array",
        state="NOTFOUND",
        source=Source(f"{ENTRY}/matching/description", 'inner array have an "AND" relation'),
        given={"customer_id": ["K-1"]},
        entry={"matching": [[MINE, WRONG]], "strategy": "UPDATE"},
        names_profile=False,
    ),
    State(
        name="one of the outer arrays",
        state="UNCHANGED",
        source=Source(f"{ENTRY}/matching/description", 'outer array have an "OR" relation'),
        given={"customer_id": ["K-1"]},
        entry={"matching": [[WRONG], [MINE]]},
    ),
    State(
        name="nothing to find it by",
        state="SKIPPED",
        source=STATE,
        entry={"matching": []},
        names_profile=False,
    ),
    State(
        name="matching on a property that is no identifier",
        state="SKIPPED",
        source=MATCHING,
        given={"city": ["Utrecht"]},
        entry={"matching": [[{"id": "city", "value": "Utrecht"}]]},
        errors=("city",),
        names_profile=False,
    ),
    State(
        name="an error that skips its entry",
        state="SKIPPED",
        source=ERRORS,
        given={},
        entry={"properties": [rule("points", "many"), rule("city", "Leeds")]},
        switches={"invalid_value": "skips-entry"},
        errors=("points",),
    ),
    State(
        name="an error that drops its rule",
        state="MODIFIED",
        source=ERRORS,
        given={},
        entry={"properties": [rule("points", "many"), rule("city", "Leeds")]},
        errors=("points",),
    ),
    State(
        name="an id nobody has",
        state="NOTFOUND",
        source=STATE,
        by_id="00000000-0000-4000-a000-000000000000",
        names_profile=False,
    ),
    State(
        name="DELETE of nobody",
        state="NOTFOUND",
        source=STATE,
        entry={"strategy": "DELETE"},
        names_profile=False,
    ),
    State(
        name="new in an opt-in zone without consent",
        state="CONSENT_MISMATCH",
        source=CONSENT,
        entry={"privacyLegislation": "GDPR"},
        objectives="marketing",
        names_profile=False,
    ),
    State(
        name="known in an opt-in zone without consent",
        state="CONSENT_MISMATCH",
        source=CONSENT,
        given=GDPR,
        entry={"properties": [rule("city", "Utrecht")]},
        objectives="marketing",
    ),
    State(
        name="the zone comes with the rules",
        state="CONSENT_MISMATCH",
        source=Source(f"{RULE[: -len('/properties')]}/description", "`privacy_legislation`"),
        given={},
        entry={"properties": [rule("privacy_legislation", "GDPR")]},
        objectives="marketing",
    ),
    State(
        name="without objectives nothing is asked",
        state="MODIFIED",
        source=Source(f"{PUT}/parameters/0/description", "the update will always proceed"),
        given=GDPR,
        entry={"properties": [rule("city", "Utrecht")]},
    ),
    State(
        name="consent given in another write",
        state="MODIFIED",
        source=Source(PROSE, "explicitly consented to"),
        given={**GDPR, "consented_objectives": ["marketing"]},
        entry={"properties": [rule("city", "Utrecht")]},
        objectives="marketing,analytics",
    ),
    State(
        name="no member of the segment",
        state="RESTRICTION_MISMATCH",
        source=SEGMENT,
        given={},
        entry={
            "restriction": {"isMemberOfSegment": READERS.id},
            "properties": [rule("city", "Utrecht")],
        },
    ),
    State(
        name="a member of the segment",
        state="MODIFIED",
        source=SEGMENT,
        given={},
        segment=READERS.name,
        entry={
            "restriction": {"isMemberOfSegment": READERS.id},
            "properties": [rule("city", "Utrecht")],
        },
    ),
    State(
        name="deleted by its id",
        state="DELETED",
        source=ENTRY_STRATEGIES["DELETE"],
        given={},
        by_id="own",
        entry={"matching": [], "strategy": "DELETE"},
    ),
    State(
        name="deleted by matching",
        state="DELETED",
        source=Source(f"{RESULT}/profileId/description", "created, updated or deleted"),
        given={},
        entry={"strategy": "DELETE"},
    ),
    State(
        name="personal data without the right",
        state="UNAUTHORIZED",
        source=Source(f"{PUT}/responses/200/description", "invalid (PII) permissions"),
        given={},
        entry={"properties": [rule("phone", "1")]},
        switches={"pii_permission": "missing"},
    ),
)


@pytest.mark.parametrize("one", STATES, ids=lambda one: f"{one.state}-{one.name}")
async def test_each_state(ports: Any, one: State) -> None:
    number = None if one.given is None else await known(ports, one.given)
    if one.segment:
        await ports.mutate("blueconic", "enter", id=number, segment=one.segment)
    await ports.switch(**one.switches)
    before = None if number is None else await held(ports, number)
    entry = {"matching": [[MINE]], "strategy": "UPSERT", "identifier": "row 7", **one.entry}
    if entry["strategy"] is None:
        del entry["strategy"]
    if one.by_id:
        entry["profileId"] = number if one.by_id == "own" else one.by_id
    params = {"objectiveIds": one.objectives} if one.objectives else {}
    answer = (await ports.put(entry, **params))[0]
    assert answer["state"] == one.state
    assert answer["identifier"] == "row 7"
    assert tuple(answer.get("validationErrors", ())) == one.errors
    assert ("profileId" in answer) == one.names_profile
    if number is not None and one.names_profile:
        assert answer["profileId"] == number
    if one.state == "DELETED":
        assert (await ports.bc.get(f"/profiles/{number}")).status_code == 404
    elif before is not None and one.state != "MODIFIED":
        assert number is not None
        assert await held(ports, number) == before


def test_every_state_has_a_row() -> None:
    states = {one.state for one in STATES}
    assert len(states) == 9
    if IS_HERE:
        assert states == set(found_at(document(), STATE.pointer))


def document() -> Json:
    told: Json = json.loads((SHARED / "reference" / "blueconic-openapi-v103.json").read_text())
    return told


def found_at(node: Any, pointer: str) -> Any:
    """What a JSON pointer leads to."""
    for word in pointer.split("/")[1:]:
        name = word.replace("~1", "/").replace("~0", "~")
        node = node[int(name)] if isinstance(node, list) else node[name]
    return node


def sources() -> Iterator[Source]:
    yield from (one.source for one in STRATEGIES)
    yield from (Source(one.source.pointer, one.source.words or one.state) for one in STATES)
    yield from ENTRY_STRATEGIES.values()
    yield from (Source(RESTRICTION.pointer, name) for name in RESTRICTIONS)


@pytest.mark.skipif(not IS_HERE, reason=ABSENT)
@pytest.mark.parametrize("source", dict.fromkeys(sources()), ids=lambda one: one.words[:40])
def test_every_place_says_so(source: Source) -> None:
    told = found_at(document(), source.pointer)
    assert source.words in (told if isinstance(told, (str, list)) else str(told))
