"""What happens inside the tenant by itself: visitors change, merge, consent, enter segments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from actui.sandbox.blueconic.rows import Profile
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.blueconic.tenant_catalogue import ALL_PROFILES

Change = Mapping[str, Any]


class TenantChanges:
    """The operations of `POST /mutate` for this service."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self.operations: dict[str, Callable[[Change], str]] = {
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
            "merge": self._merge,
            "consent": lambda change: self._decide(change, consents=True),
            "refuse": lambda change: self._decide(change, consents=False),
            "enter": self._enter,
            "leave": self._leave,
        }

    def _profile(self, named: str) -> Profile:
        """The profile named by id or by address."""
        profiles = self._tenant.profiles
        if "@" in named:
            found = profiles.with_value("email", named, exact=False)
            row = found[0] if found else None
        else:
            row = profiles.survivor(named)
        if row is None:
            raise LookupError(f"There is no profile {named}.")
        return profiles.edit(row)

    def _segment(self, change: Change) -> str:
        named = str(change.get("segment", change.get("list", "")))
        for segment_id, row in self._tenant.segments.items():
            if named in (segment_id, row.name):
                return segment_id
        raise LookupError(f"There is no segment {named}.")

    def _write(self, row: Profile, values: Mapping[str, Any]) -> None:
        for name, held in dict(values.get("properties", {})).items():
            row.properties[name] = [str(one) for one in held]
            if not held:
                del row.properties[name]
        if "privacyLegislation" in values:
            row.properties["privacy_legislation"] = [str(values["privacyLegislation"])]
        if "permissionLevel" in values:
            level = str(values["permissionLevel"])
            now = self._tenant.clock.now()
            self._tenant.events.note_level(row.ordinal, now, row.permission_level, level)
            row.permission_level = level
        if "stage" in values:
            row.stage = self._stage(values["stage"])
        row.modified = self._tenant.clock.now()
        self._tenant.profiles.reindex(row)

    def _stage(self, named: object) -> tuple[str, str] | None:
        """A stage by id or name, None for no stage."""
        for lifecycle in self._tenant.lifecycles.values():
            for stage in lifecycle.stages:
                if named in (stage.id, stage.name):
                    return lifecycle.id, stage.id
        if named is None:
            return None
        raise LookupError(f"There is no stage {named}.")

    def _create(self, change: Change) -> str:
        row = self._tenant.profiles.create(self._tenant.clock.now())
        values = dict(change.get("set", {}))
        self._write(row, values)
        self._tenant.profiles.enter(row, ALL_PROFILES.id)
        for named in values.get("segments", []):
            self._tenant.profiles.enter(row, self._segment({"segment": named}))
        return row.id

    def _update(self, change: Change) -> str:
        row = self._profile(str(change.get("id", "")))
        self._write(row, dict(change.get("set", {})))
        return row.id

    def _delete(self, change: Change) -> str:
        row = self._profile(str(change.get("id", "")))
        self._tenant.profiles.remove(row)
        return row.id

    def _merge(self, change: Change) -> str:
        """`id` goes up in `set.into`: values are joined, the old id points to the new."""
        row = self._profile(str(change.get("id", "")))
        into = self._profile(str(dict(change.get("set", {})).get("into", "")))
        if row is into:
            raise LookupError("A profile cannot be merged into itself.")
        for name, held in row.properties.items():
            into.properties[name] = list(dict.fromkeys([*into.values(name), *held]))
        for segment in list(row.segments):
            self._tenant.profiles.enter(into, segment)
            self._tenant.profiles.leave(row, segment)
        into.replaces = [*into.replaces, row.id, *row.replaces]
        row.replaced_by = into.id
        into.modified = self._tenant.clock.now()
        self._tenant.profiles.reindex(into)
        return into.id

    def _decide(self, change: Change, *, consents: bool) -> str:
        row = self._profile(str(change.get("id", "")))
        objectives = dict(change.get("set", {})).get("objectives", ["marketing"])
        before = dict(row.properties)
        names = ["consented_objectives", "refused_objectives"]
        gains, loses = names if consents else reversed(names)
        row.properties[gains] = list(dict.fromkeys([*row.values(gains), *objectives]))
        row.properties[loses] = [one for one in row.values(loses) if one not in objectives]
        row.modified = self._tenant.clock.now()
        self._tenant.events.note(row.ordinal, row.modified, before, row.properties, "CLIENTSIDE")
        self._tenant.profiles.reindex(row)
        return row.id

    def _enter(self, change: Change) -> str:
        row = self._profile(str(change.get("id", "")))
        segment = self._segment(change)
        self._tenant.profiles.enter(row, segment)
        self._tenant.profiles.entered(row, segment, self._tenant.clock.now())
        return row.id

    def _leave(self, change: Change) -> str:
        row = self._profile(str(change.get("id", "")))
        self._tenant.profiles.leave(row, self._segment(change))
        return row.id
