"""What the two accounts hold, and the configuration's names found in it (store/README.md §4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from actui.model.connection import Connection
from actui.model.consent import OBJECTIVE_PROPERTIES
from actui.model.errors import ConfigError
from actui.model.findings import Finding
from actui.model.goals import ExportGoal, ImportGoal, LifecycleThreshold, Named
from actui.model.mapping import SUMMABLE, PropertySource, Rule, SegmentsSource, is_custom, perstag
from actui.model.records import ContactField, ContactList, Lifecycle, Objective, Property, Segment
from actui.sync.exporting.sources import needs_of
from actui.sync.ports import ActiveCampaign, BlueConic


@dataclass(frozen=True, slots=True)
class Accounts:
    """The metadata a run works with, read once at its start.

    `interactions` are the names of dialogues by the ids that profiles have seen; None where they
    were not or could not be read.
    """

    fields: Mapping[str, ContactField]
    lists: Mapping[int, ContactList]
    properties: Mapping[str, Property]
    segments: Mapping[str, Segment]
    objectives: Mapping[str, Objective]
    interactions: Mapping[str, str] | None = None
    lifecycles: Mapping[str, Lifecycle] = field(default_factory=dict)

    @property
    def tags(self) -> Mapping[int, str]:
        """The tags of the custom contact fields by their ids."""
        return {field.id: field.tag for field in self.fields.values()}


async def read_accounts(
    connection: Connection, activecampaign: ActiveCampaign, blueconic: BlueConic
) -> Accounts:
    """Ask both services for everything the configuration may name."""
    fields, lists, properties = await asyncio.gather(
        activecampaign.fields(), activecampaign.lists(), blueconic.properties()
    )
    exports = connection.exports()
    segments = await blueconic.segments() if exports else ()
    maps_consent = any(
        mapping.property in OBJECTIVE_PROPERTIES
        for goal in connection.imports()
        for mapping in goal.mappings
    )
    asks_consent = connection.objectives or maps_consent
    objectives = await blueconic.objectives() if asks_consent else ()
    wants_interactions = any(needs_of(m.source).interactions for g in exports for m in g.mappings)
    has_threshold = any(goal.lifecycle is not None for goal in exports)
    lifecycles = await blueconic.lifecycles() if has_threshold else ()
    return Accounts(
        fields={f.tag: f for f in fields},
        lists={item.id: item for item in lists},
        properties={p.id: p for p in properties},
        segments={s.id: s for s in segments},
        objectives={o.id: o for o in objectives},
        interactions=await blueconic.interactions() if wants_interactions else None,
        lifecycles={one.id: one for one in lifecycles},
    )


def resolve(connection: Connection, accounts: Accounts) -> tuple[Connection, list[Finding]]:
    """The same connection with ids beside its names, and what does not fit the accounts.

    Only active goals are looked at: a goal that is off may name things that are gone.
    """
    found: list[Finding] = []
    objectives = [
        _find(named, accounts.objectives.values(), "BlueConic objective", "objectives", found)
        for named in connection.objectives
    ]
    goals: list[ImportGoal | ExportGoal] = []
    for goal in connection.goals:
        where = f"goals.{goal.name}"
        if not goal.enabled:
            goals.append(goal)
        elif isinstance(goal, ImportGoal):
            goals.append(_resolve_import(goal, where, accounts, found))
        else:
            goals.append(_resolve_export(goal, where, accounts, found))
    return connection.model_copy(update={"objectives": objectives, "goals": goals}), found


def available_for_export(connection: Connection, accounts: Accounts) -> dict[str, int | None]:
    """How many people each active export goal's segment offers, by the goal's name.

    None where BlueConic does not say. A goal whose segment is not there is left out.
    """
    return {
        goal.name: segment.size
        for goal in connection.exports()
        if (segment := accounts.segments.get(goal.segment.id or "")) is not None
    }


def refuse(found: Iterable[Finding]) -> None:
    """Raise ConfigError with the errors among the findings, one sentence a line."""
    lines = [finding.message for finding in found if finding.severity == "error"]
    if lines:
        raise ConfigError("\n".join(dict.fromkeys(lines)))


class _Thing(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def id(self) -> str | int: ...


def _find(
    named: Named, things: Iterable[_Thing], what: str, where: str, found: list[Finding]
) -> Named:
    known = list(things)
    if named.id is not None:
        for thing in known:
            if str(thing.id) == named.id:
                if thing.name != named.name:
                    message = f"The {what} '{named.name}' is now called '{thing.name}'."
                    found.append(Finding("renamed", where, message, "warning"))
                return Named(name=thing.name, id=named.id)
        message = f"The {what} '{named.name}' (id {named.id}) does not exist any more."
        found.append(Finding("unknown-name", where, message))
        return named
    matches = [thing for thing in known if named.name in (thing.name, str(thing.id))]
    if len(matches) == 1:
        return Named(name=matches[0].name, id=str(matches[0].id))
    if matches:
        found.append(Finding("ambiguous-name", where, _ambiguous(named.name, matches, what)))
    else:
        found.append(Finding("unknown-name", where, f"There is no {what} '{named.name}'."))
    return named


def _ambiguous(name: str, matches: Sequence[_Thing], what: str) -> str:
    ids = sorted(str(thing.id) for thing in matches)
    if all(thing.name == name for thing in matches) and name not in ids:
        return f"{len(matches)} things are a {what} '{name}': name it by id ({', '.join(ids)})."
    could = " or ".join(sorted(f"'{thing.name}' (id {thing.id})" for thing in matches))
    return (
        f"The {what} '{name}' could be {could}, as it is the id of one and the name of another: "
        f'write which as {{name: "{name}", id: "…"}}.'
    )


def _resolve_import(
    goal: ImportGoal, where: str, accounts: Accounts, found: list[Finding]
) -> ImportGoal:
    _know_fields((link.field for link in goal.identifiers), where, accounts, found)
    _know_fields((mapping.field for mapping in goal.mappings), where, accounts, found)
    _know_links((link.property for link in goal.identifiers), where, accounts, found)
    _know_properties((mapping.property for mapping in goal.mappings), where, accounts, found)
    for mapping in goal.mappings:
        target = accounts.properties.get(mapping.property)
        if mapping.rule is Rule.SUM and target is not None and target.type not in SUMMABLE:
            message = f"{goal.name}: '{mapping.property}' is no number, so nothing can be summed."
            found.append(Finding("sum-needs-number", f"{where}.mappings", message))
    if goal.contacts == "all":
        return goal
    lists = [
        choice.model_copy(
            update={
                "list": _find(
                    choice.list, accounts.lists.values(), "ActiveCampaign list", where, found
                )
            }
        )
        for choice in goal.lists
    ]
    return goal.model_copy(update={"lists": lists})


def _resolve_export(
    goal: ExportGoal, where: str, accounts: Accounts, found: list[Finding]
) -> ExportGoal:
    _know_fields((link.field for link in goal.identifiers), where, accounts, found)
    _know_fields((mapping.field for mapping in goal.mappings), where, accounts, found)
    _know_links((link.property for link in goal.identifiers), where, accounts, found)
    sources = [mapping.source for mapping in goal.mappings]
    named = (source.property for source in sources if isinstance(source, PropertySource))
    _know_properties(named, where, accounts, found)
    for source in sources:
        if isinstance(source, SegmentsSource) and source.segments != "all":
            for name in source.segments:
                _find(Named(name=name), accounts.segments.values(), "segment", where, found)
    segment = _find(goal.segment, accounts.segments.values(), "BlueConic segment", where, found)
    lists = [
        _find(named_list, accounts.lists.values(), "ActiveCampaign list", where, found)
        for named_list in goal.lists
    ]
    update: dict[str, object] = {"segment": segment, "lists": lists}
    if goal.lifecycle is not None:
        update["lifecycle"] = _resolve_threshold(goal.name, goal.lifecycle, where, accounts, found)
    return goal.model_copy(update=update)


def _resolve_threshold(
    goal: str, threshold: LifecycleThreshold, where: str, accounts: Accounts, found: list[Finding]
) -> LifecycleThreshold:
    known = accounts.lifecycles
    where = f"{where}.lifecycle"
    lifecycle = _find(threshold.lifecycle, known.values(), "BlueConic lifecycle", where, found)
    if lifecycle.id is None or lifecycle.id not in known:
        return threshold
    stages = known[lifecycle.id].stages
    stage = _find(threshold.stage, stages, f"stage of '{lifecycle.name}'", where, found)
    if any(one.id == stage.id and one.window == "SESSION" for one in stages):
        message = f"{goal}: the stage '{stage.name}' counts by session, which mail does not have."
        found.append(Finding("session-cap", where, message))
    return threshold.model_copy(update={"lifecycle": lifecycle, "stage": stage})


def _know_fields(
    names: Iterable[str], where: str, accounts: Accounts, found: list[Finding]
) -> None:
    for name in names:
        if is_custom(name) and perstag(name) not in accounts.fields:
            message = f"There is no ActiveCampaign field {name}."
            found.append(Finding("unknown-field", where, message))


def _know_properties(
    names: Iterable[str], where: str, accounts: Accounts, found: list[Finding]
) -> None:
    for name in names:
        if name not in accounts.properties:
            message = f"There is no BlueConic profile property '{name}'."
            found.append(Finding("unknown-property", where, message))


def _know_links(
    names: Iterable[str | None], where: str, accounts: Accounts, found: list[Finding]
) -> None:
    linked: Sequence[str] = [name for name in names if name is not None]
    _know_properties(linked, where, accounts, found)
    for name in linked:
        known = accounts.properties.get(name)
        if known is not None and not known.indexed:
            message = f"'{name}' is no unique identifier in BlueConic, so it cannot be a link."
            found.append(Finding("not-an-identifier", where, message))
