"""What the two accounts hold, and the configuration's names found in it (store/README.md §4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from actui.model.connection import Connection
from actui.model.consent import OBJECTIVE_PROPERTIES
from actui.model.errors import ConfigError
from actui.model.findings import Finding
from actui.model.goals import ExportGoal, ImportGoal, LifecycleThreshold, ListChoice, Named
from actui.model.mapping import SUMMABLE, PropertySource, Rule, SegmentsSource, is_custom, perstag
from actui.model.records import ContactField, ContactList, Lifecycle, Objective, Property, Segment
from actui.sync.exporting.sources import needs_of
from actui.sync.ports import ActiveCampaign, BlueConic
from actui.sync.resolved_goals import (
    ResolvedConnection,
    ResolvedExport,
    ResolvedImport,
    ResolvedThreshold,
    SelectedList,
)


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


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a connection's names.

    `connection` has ids beside the names that were found, as it is to be stored. `findings` tell
    what does not fit the accounts.
    """

    connection: Connection
    findings: Sequence[Finding]
    resolved: ResolvedConnection | None
    """None where something that an active goal names was not found; a finding says what."""

    def usable(self) -> ResolvedConnection:
        """What a run works with.

        Raises ConfigError with the errors among the findings, one sentence a line.
        """
        lines = [finding.message for finding in self.findings if finding.severity == "error"]
        if lines or self.resolved is None:
            raise ConfigError("\n".join(dict.fromkeys(lines)))
        return self.resolved


def resolve(connection: Connection, accounts: Accounts) -> Resolution:
    """Find everything that the connection names in its accounts.

    Only active goals are looked at: a goal that is off may name things that are gone.
    """
    found: list[Finding] = []
    objectives = [
        _find(named, accounts.objectives.values(), "BlueConic objective", "objectives", found)
        for named in connection.objectives
    ]
    goals: list[ImportGoal | ExportGoal] = []
    imports: list[ResolvedImport | None] = []
    exports: list[ResolvedExport | None] = []
    for goal in connection.goals:
        where = f"goals.{goal.name}"
        if not goal.enabled:
            goals.append(goal)
        elif isinstance(goal, ImportGoal):
            imported = _resolve_import(goal, where, accounts, found)
            goals.append(imported.stored)
            imports.append(imported.resolved)
        else:
            exported = _resolve_export(goal, where, accounts, found)
            goals.append(exported.stored)
            exports.append(exported.resolved)
    named = [one.stored for one in objectives]
    stored = connection.model_copy(update={"objectives": named, "goals": goals})
    linked, inward = _all(one.resolved for one in objectives), _all(imports)
    outward = _all(exports)
    resolved = None
    if linked is not None and inward is not None and outward is not None:
        resolved = ResolvedConnection(stored, linked, inward, outward)
    return Resolution(stored, found, resolved)


def available_for_export(connection: Connection, accounts: Accounts) -> dict[str, int | None]:
    """How many people each active export goal's segment offers, by the goal's name.

    None where BlueConic does not say. A goal whose segment is not there is left out.
    """
    return {
        goal.name: segment.size
        for goal in connection.exports()
        if goal.segment.id is not None
        and (segment := accounts.segments.get(goal.segment.id)) is not None
    }


class _Thing(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def id(self) -> str | int: ...


ThingT = TypeVar("ThingT", bound=_Thing)
StoredT = TypeVar("StoredT")
ResolvedT = TypeVar("ResolvedT")


@dataclass(frozen=True, slots=True)
class _Match(Generic[StoredT, ResolvedT]):
    """Something stored that names things, and what it stands for; None where that is not known."""

    stored: StoredT
    resolved: ResolvedT | None


def _all(found: Iterable[ResolvedT | None]) -> list[ResolvedT] | None:
    """All of them, or None where one is None."""
    several = list(found)
    known = [one for one in several if one is not None]
    return known if len(known) == len(several) else None


def _find(
    named: Named, things: Iterable[ThingT], what: str, where: str, found: list[Finding]
) -> _Match[Named, ThingT]:
    known = list(things)
    if named.id is not None:
        for thing in known:
            if str(thing.id) == named.id:
                if thing.name != named.name:
                    message = f"The {what} '{named.name}' is now called '{thing.name}'."
                    found.append(Finding("renamed", where, message, "warning"))
                return _Match(Named(name=thing.name, id=named.id), thing)
        message = f"The {what} '{named.name}' (id {named.id}) does not exist any more."
        found.append(Finding("unknown-name", where, message))
        return _Match(named, None)
    matches = [thing for thing in known if named.name in (thing.name, str(thing.id))]
    if len(matches) == 1:
        (thing,) = matches
        return _Match(Named(name=thing.name, id=str(thing.id)), thing)
    if matches:
        found.append(Finding("ambiguous-name", where, _ambiguous(named.name, matches, what)))
    else:
        found.append(Finding("unknown-name", where, f"There is no {what} '{named.name}'."))
    return _Match(named, None)


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
) -> _Match[ImportGoal, ResolvedImport]:
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
        return _Match(goal, ResolvedImport(goal))
    stored: list[ListChoice] = []
    selected: list[SelectedList | None] = []
    for choice in goal.lists:
        match = _find(choice.list, accounts.lists.values(), "ActiveCampaign list", where, found)
        stored.append(choice.model_copy(update={"list": match.stored}))
        known = match.resolved
        selected.append(SelectedList(known, choice.create_profiles) if known else None)
    goal = goal.model_copy(update={"lists": stored})
    lists = _all(selected)
    return _Match(goal, None if lists is None else ResolvedImport(goal, lists))


def _resolve_export(
    goal: ExportGoal, where: str, accounts: Accounts, found: list[Finding]
) -> _Match[ExportGoal, ResolvedExport]:
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
    update: dict[str, object] = {
        "segment": segment.stored,
        "lists": [one.stored for one in lists],
    }
    is_known, threshold = True, None
    if goal.lifecycle is not None:
        limit = _resolve_threshold(goal.name, goal.lifecycle, where, accounts, found)
        update["lifecycle"] = limit.stored
        threshold = limit.resolved
        is_known = threshold is not None
    goal = goal.model_copy(update=update)
    known_lists = _all(one.resolved for one in lists)
    if segment.resolved is None or known_lists is None or not is_known:
        return _Match(goal, None)
    return _Match(goal, ResolvedExport(goal, segment.resolved, known_lists, threshold))


def _resolve_threshold(
    goal: str, threshold: LifecycleThreshold, where: str, accounts: Accounts, found: list[Finding]
) -> _Match[LifecycleThreshold, ResolvedThreshold]:
    where = f"{where}.lifecycle"
    known = accounts.lifecycles.values()
    lifecycle = _find(threshold.lifecycle, known, "BlueConic lifecycle", where, found)
    if lifecycle.resolved is None:
        return _Match(threshold, None)
    stages, what = lifecycle.resolved.stages, f"stage of '{lifecycle.resolved.name}'"
    stage = _find(threshold.stage, stages, what, where, found)
    if stage.resolved is not None and stage.resolved.window == "SESSION":
        name = stage.resolved.name
        message = f"{goal}: the stage '{name}' counts by session, which mail does not have."
        found.append(Finding("session-cap", where, message))
    stored = threshold.model_copy(update={"lifecycle": lifecycle.stored, "stage": stage.stored})
    if stage.resolved is None:
        return _Match(stored, None)
    resolved = ResolvedThreshold(lifecycle.resolved, stage.resolved, threshold.events)
    return _Match(stored, resolved)


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
