"""BlueConic as a preview shows it to the engine: real to read, and nothing is written.

Entries are carried out here, on copies of the profiles they are about, by BlueConic's own rules
(blueconic.md §3, §6, §11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from actui.model.consent import CONSENTED, LEGISLATION_PROPERTY, OBJECTIVE_PROPERTIES
from actui.model.mapping import Rule
from actui.model.preview import Change
from actui.model.records import Objective, Profile, ProfileWrite, PropertyWrite, WriteResult
from actui.sync.importing.entries import NEW_PROFILES_ONLY
from actui.sync.importing.sum_receipts import RECEIPT_PROPERTY
from actui.sync.importing.values import number, plain
from actui.sync.ports import BlueConic

REFUSED = "refused_objectives"
_NO_ZONE = "NONE"
_NEW = "new-"

Values = dict[str, tuple[str, ...]]


@dataclass(slots=True)
class _Copy:
    """A profile as the entries before this one would have left it."""

    id: str
    values: Values


class DryRunBlueConic:
    """Reads through `service`; keeps writes until `take` asks for them."""

    def __init__(self, service: BlueConic) -> None:
        self._service = service
        self.traffic = service.traffic
        self.properties = service.properties
        self.segments = service.segments
        self.objectives = service.objectives
        self.lifecycles = service.lifecycles
        self.interactions = service.interactions
        self.segment_page = service.segment_page
        self.profile = service.profile
        self.find_profiles = service.find_profiles
        self.new_properties: list[str] = []
        self._objectives: Mapping[str, Objective] | None = None
        self._copies: dict[str, _Copy] = {}
        self._kept: dict[str, list[Change]] = {}

    async def create_property(self, property_id: str, name: str, type_: str) -> None:
        """Keep that the property would be made."""
        self.new_properties.append(property_id)

    async def write_profiles(
        self,
        entries: Sequence[ProfileWrite],
        *,
        objectives: Sequence[str] = (),
        once: bool = False,  # noqa: ARG002  nothing is written at all
    ) -> Sequence[WriteResult]:
        """What BlueConic would answer, entry by entry; each sees what those before it did."""
        if objectives and self._objectives is None:
            self._objectives = {one.id: one for one in await self._service.objectives()}
        return [await self._write(entry, objectives) for entry in entries]

    async def _write(self, entry: ProfileWrite, objectives: Sequence[str]) -> WriteResult:
        copy = await self._find(entry)
        is_new = copy is None
        if copy is None:
            if not entry.create or entry.profile_id is not None:
                return WriteResult(entry.identifier, "NOTFOUND")
            zone = entry.legislation
            copy = _Copy(
                f"{_NEW}{entry.identifier}", {LEGISLATION_PROPERTY: (zone,)} if zone else {}
            )
        after = _applied(copy.values, entry.writes, is_new=is_new)
        if not self._passes(after, objectives):
            profile_id = None if is_new else copy.id
            return WriteResult(entry.identifier, "CONSENT_MISMATCH", profile_id)
        changes = _changes(copy.values, after, entry.writes)
        self._kept[entry.identifier] = changes
        copy.values = after
        if is_new:
            self._copies[copy.id] = copy
            return WriteResult(entry.identifier, "CREATED")
        state = "MODIFIED" if changes else "UNCHANGED"
        return WriteResult(entry.identifier, state, None if copy.id.startswith(_NEW) else copy.id)

    async def _find(self, entry: ProfileWrite) -> _Copy | None:
        """The profile an entry is about: by its id, else by the first group that all holds."""
        wanted = [write.property for write in entry.writes]
        wanted += [name for group in entry.matching for name, _ in group]
        if entry.profile_id is not None:
            return await self._copy(entry.profile_id, wanted)
        for group in entry.matching:
            for made in self._copies.values():
                if made.id.startswith(_NEW) and all(v in made.values.get(n, ()) for n, v in group):
                    return made
            for found in await self._service.find_profiles(group):
                return await self._copy(found, wanted)
        return None

    async def _copy(self, profile_id: str, wanted: Sequence[str]) -> _Copy | None:
        held = self._copies.get(profile_id)
        if held is not None and held.values.keys() >= set(wanted):
            return held
        names = sorted({*wanted, *(held.values if held else ())})
        profile = await self._service.profile(profile_id, properties=names)
        if profile is None:
            return None
        values = {**_values(profile, names), **(held.values if held else {})}
        self._copies[profile_id] = _Copy(profile_id, values)
        return self._copies[profile_id]

    def _passes(self, values: Values, objectives: Sequence[str]) -> bool:
        """One objective consented, or not needed in the zone and not refused, is enough (§6)."""
        if not objectives:
            return True
        zone = next(iter(values.get(LEGISLATION_PROPERTY, ())), _NO_ZONE)
        known = self._objectives or {}
        consented, refused = values.get(CONSENTED, ()), values.get(REFUSED, ())
        return any(
            one in consented
            or (one in known and one not in refused and zone not in known[one].legislations)
            for one in objectives
        )

    def take(self, contact_id: str) -> list[Change]:
        """What was kept about a contact's profile since this was last asked."""
        return self._kept.pop(contact_id, [])


def _values(profile: Profile, names: Sequence[str]) -> Values:
    values = {name: tuple(profile.properties.get(name, ())) for name in names}
    values[CONSENTED] = tuple(sorted(profile.consented))
    values[REFUSED] = tuple(sorted(profile.refused))
    values[LEGISLATION_PROPERTY] = (profile.legislation,) if profile.legislation else ()
    return values


def _applied(before: Values, writes: Sequence[PropertyWrite], *, is_new: bool) -> Values:
    """The values after the writes of one entry; nothing is set that none of them names."""
    after = dict(before)
    for write in writes:
        if write.restriction != NEW_PROFILES_ONLY or is_new:
            after[write.property] = _combined(after.get(write.property, ()), write)
    # an opt-out takes the objective from the consented ones, and the reverse (§6)
    written = {write.property for write in writes}
    for name, other in ((REFUSED, CONSENTED), (CONSENTED, REFUSED)):
        if name in written:
            kept = after.get(other, ())
            after[other] = tuple(one for one in kept if one not in after[name])
            break
    return after


def _combined(held: tuple[str, ...], write: PropertyWrite) -> tuple[str, ...]:
    if write.strategy == "ADD":
        return tuple(dict.fromkeys((*held, *write.values)))
    if write.strategy == "SET_IF_EMPTY":
        return held or write.values
    if write.strategy == Rule.SUM.strategy:
        terms = [number(text) or Decimal(0) for text in (*held[:1], *write.values)]
        return (plain(sum(terms, Decimal(0))),)
    return tuple(value for value in dict.fromkeys(write.values) if value)


def _changes(before: Values, after: Values, writes: Sequence[PropertyWrite]) -> list[Change]:
    names = dict.fromkeys(write.property for write in writes)
    touched = [name for name in (*names, *sorted(OBJECTIVE_PROPERTIES - names.keys()))]
    return [
        Change(name, before.get(name, ()), after.get(name, ()))
        for name in touched
        if name != RECEIPT_PROPERTY and before.get(name, ()) != after.get(name, ())
    ]
