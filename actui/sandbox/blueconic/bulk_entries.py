"""`PUT /profiles`: one entry after the other (OpenAPI, BulkInputEntryV2 and BulkResultBean)."""

from __future__ import annotations

from itertools import product
from typing import Any

from actui.sandbox.blueconic.consent import passes
from actui.sandbox.blueconic.property_rules import RESTRICTIONS, STRATEGIES, RuleRun, run_rules
from actui.sandbox.blueconic.rows import Profile
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.blueconic.tenant_catalogue import ALL_PROFILES, LEGISLATIONS

Json = dict[str, Any]
LEVELS = ("DO_NOT_TRACK", "ANONYMOUS", "PERSONAL")


class BadEntry(ValueError):
    """An entry that violates the schema, for which the whole request is refused."""


def check_entry(entry: Any, place: int, increment: str) -> None:
    """Raise BadEntry for anything the schema does not allow."""
    where = f"[{place}]"
    if not isinstance(entry, dict):
        raise BadEntry(f"{where}: expected an object")
    _one_of(where, "strategy", entry.get("strategy", "UPDATE"), ("UPSERT", "UPDATE", "DELETE"))
    _one_of(where, "permissionLevel", entry.get("permissionLevel", "PERSONAL"), LEVELS)
    zone = entry.get("privacyLegislation", "NONE")
    if not isinstance(zone, str) or zone not in LEGISLATIONS:
        raise BadEntry(f"{where}.privacyLegislation: unknown value {zone!r}")
    for key in ("identifier", "profileId", "domainGroup"):
        if not isinstance(entry.get(key, ""), str):
            raise BadEntry(f"{where}.{key}: expected a text")
    _check_restriction(where, entry.get("restriction", {}))
    _check_timeline(where, entry.get("timeline", []))
    _check_matching(where, entry.get("matching", []))
    rules = entry.get("properties", [])
    if not isinstance(rules, list):
        raise BadEntry(f"{where}.properties: expected an array")
    known = tuple(increment if one == "INCREMENT" else one for one in STRATEGIES)
    for rule in rules:
        if not isinstance(rule, dict) or not isinstance(rule.get("id"), str):
            raise BadEntry(f"{where}.properties: expected objects with an id")
        if not isinstance(rule.get("values", []), list):
            raise BadEntry(f"{where}.properties.values: expected an array")
        if any(not isinstance(value, str) for value in rule.get("values", [])):
            raise BadEntry(f"{where}.properties.values: expected texts")
        _one_of(where, "properties.strategy", rule.get("strategy", "SET"), known)
        restriction = rule.get("restriction", "ALL_PROFILES")
        _one_of(where, "properties.restriction", restriction, RESTRICTIONS)
        if rule.get("strategy") == increment:
            rule["strategy"] = "INCREMENT"


def _one_of(where: str, key: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadEntry(f"{where}.{key}: unknown value {value!r}")


def _check_restriction(where: str, restriction: Any) -> None:
    shaped = isinstance(restriction, dict) and isinstance(
        restriction.get("isMemberOfSegment", ""), str
    )
    if not shaped:
        raise BadEntry(f"{where}.restriction: expected the id of a segment")


def _check_timeline(where: str, events: Any) -> None:
    shaped = isinstance(events, list) and all(
        isinstance(one, dict)
        and all(isinstance(one.get(key, ""), str) for key in ("id", "identifier", "eventTypeId"))
        for one in events
    )
    if not shaped:
        raise BadEntry(f"{where}.timeline: expected events")


def _check_matching(where: str, matching: Any) -> None:
    shaped = isinstance(matching, list) and all(
        isinstance(group, list)
        and all(
            isinstance(one, dict)
            and isinstance(one.get("id"), str)
            and isinstance(one.get("value"), str)
            for one in group
        )
        for group in matching
    )
    if not shaped:
        raise BadEntry(f"{where}.matching: expected arrays of arrays of criteria")


class BulkEntries:
    """Applies entries in their order; each sees what the ones before it wrote."""

    def __init__(self, tenant: Tenant, objective_ids: list[str]) -> None:
        self._tenant = tenant
        self._objectives = objective_ids

    def apply(self, entry: Json) -> Json:
        """One entry's answer, with its `identifier` echoed."""
        answer = self._outcome(entry)
        if "identifier" in entry:
            answer["identifier"] = entry["identifier"]
        if entry.get("timeline") and answer["state"] in ("CREATED", "MODIFIED", "UNCHANGED"):
            answer["timeline"] = [_rejected(event) for event in entry["timeline"]]
        return answer

    def _outcome(self, entry: Json) -> Json:
        strategy = entry.get("strategy", "UPDATE")
        skipped = self._skipped(entry, strategy)
        if skipped is not None:
            return skipped
        profile = self._find(entry)
        if strategy == "DELETE":
            return self._delete(profile)
        if profile is not None:
            return self._update(profile, entry)
        if strategy == "UPDATE" or entry.get("profileId"):
            return {"state": "NOTFOUND"}
        return self._create(entry)

    def _skipped(self, entry: Json, strategy: str) -> Json | None:
        """The answer to an entry that names no profile, None for one that does."""
        if entry.get("profileId"):
            return None
        by_id_alone = self._tenant.switches["delete-by-matching"] == "skipped"
        if not any(entry.get("matching", [])) or (strategy == "DELETE" and by_id_alone):
            return {"state": "SKIPPED"}
        unfit = self._not_indexed(entry)
        if not unfit:
            return None
        errors = {name: ["is not a unique identifier"] for name in unfit}
        return {"state": "SKIPPED", "validationErrors": errors}

    def _not_indexed(self, entry: Json) -> list[str]:
        known = self._tenant.properties
        names = {one["id"] for group in entry.get("matching", []) for one in group}
        return sorted(n for n in names if n not in known or not known[n].indexed)

    def _find(self, entry: Json) -> Profile | None:
        """By profile id, else the first inner array all of whose criteria hold."""
        profiles, switches = self._tenant.profiles, self._tenant.switches
        if entry.get("profileId"):
            if switches["merged-profile"] == "survivor":
                return profiles.survivor(entry["profileId"])
            row = profiles.get(entry["profileId"])
            return row if row is not None and row.replaced_by is None else None
        groups = entry.get("matching", [])
        if switches["matching-relation"] == "and-of-ors":
            groups = [list(one) for one in product(*filter(None, groups))]
        for group in groups:
            found = self._matches(group)
            if found:
                return found[-1] if switches["several-matches"] == "newest" else found[0]
        return None

    def _matches(self, group: list[Json]) -> list[Profile]:
        if not group:
            return []
        exact = self._tenant.switches["match-case"] == "exact"
        search = self._tenant.profiles.with_value
        found = search(group[0]["id"], group[0]["value"], exact=exact)
        for one in group[1:]:
            others = {row.ordinal for row in search(one["id"], one["value"], exact=exact)}
            found = [row for row in found if row.ordinal in others]
        return found

    def _delete(self, profile: Profile | None) -> Json:
        if profile is None:
            return {"state": "NOTFOUND"}
        row = self._tenant.profiles.edit(profile)
        self._tenant.profiles.remove(row)
        return {"state": "DELETED", "profileId": row.id}

    def _rules(self, held: dict[str, list[str]], entry: Json, *, is_new: bool) -> RuleRun:
        return run_rules(
            held,
            entry.get("properties", []),
            self._tenant.properties,
            is_new=is_new,
            switches=self._tenant.switches,
        )

    def _refusal(self, run: RuleRun, *, is_new: bool) -> str | None:
        """Why the outcome of the rules may not be stored."""
        switches = self._tenant.switches
        if switches["pii-permission"] == "missing" and any(
            self._tenant.properties[name].sensitive for name in run.written
        ):
            return "UNAUTHORIZED"
        if run.errors and switches["invalid-value"] == "skips-entry":
            return "SKIPPED"
        if is_new and switches["consent-on-creation"] == "not-asked":
            return None
        without_zone = switches["no-legislation"] == "consent-needed"
        objectives = self._tenant.objectives
        if not passes(run.properties, self._objectives, objectives, without_zone=without_zone):
            return "CONSENT_MISMATCH"
        return None

    def _update(self, profile: Profile, entry: Json) -> Json:
        wanted = _segment_of(entry)
        if wanted and wanted not in profile.segments:
            return {"state": "RESTRICTION_MISMATCH", "profileId": profile.id}
        run = self._rules(profile.properties, entry, is_new=False)
        state = self._refusal(run, is_new=False)
        if state is None:
            same = run.properties == profile.properties
            state = "UNCHANGED" if same else "MODIFIED"
            if not same:
                row = self._tenant.profiles.edit(profile)
                self._tenant.events.note(row.ordinal, self._now(), row.properties, run.properties)
                row.properties = run.properties
                row.modified = self._now()
                self._tenant.profiles.reindex(row)
        return self._answer(state, profile.id, run)

    def _create(self, entry: Json) -> Json:
        asked = self._tenant.switches["restriction-on-creation"] == "mismatch"
        if asked and _segment_of(entry):
            return {"state": "RESTRICTION_MISMATCH"}
        base = self._new_values(entry)
        run = self._rules(base, entry, is_new=True)
        state = self._refusal(run, is_new=True)
        if state is not None:
            return self._answer(state, None, run)
        row = self._tenant.profiles.create(self._now())
        self._tenant.events.note(row.ordinal, self._now(), {}, run.properties)
        row.properties = run.properties
        row.permission_level = entry.get("permissionLevel", "PERSONAL")
        row.domain_group = entry.get("domainGroup", "DEFAULT")
        self._tenant.profiles.reindex(row)
        self._tenant.profiles.enter(row, ALL_PROFILES.id)
        return self._answer("CREATED", row.id, run)

    def _new_values(self, entry: Json) -> dict[str, list[str]]:
        """What a new profile has before any rule."""
        zone = entry.get("privacyLegislation")
        values = {"privacy_legislation": [zone]} if zone else {}
        if self._tenant.switches["matched-values"] == "set":
            for one in next(filter(None, entry.get("matching", [])), []):
                values[one["id"]] = [one["value"]]
        return values

    def _now(self) -> float:
        return self._tenant.clock.now()

    @staticmethod
    def _answer(state: str, profile_id: str | None, run: RuleRun) -> Json:
        answer: Json = {"state": state}
        if profile_id is not None:
            answer["profileId"] = profile_id
        if run.errors:
            answer["validationErrors"] = run.errors
        return answer


def _segment_of(entry: Json) -> str:
    return str(entry.get("restriction", {}).get("isMemberOfSegment", ""))


def _rejected(event: Json) -> Json:
    """The tenant has no timeline event types, so no event fits one (TimelineResultBean)."""
    kind = event.get("eventTypeId", "")
    answer = {"state": "REJECTED", "validationErrors": [f"#: no timeline event type {kind!r}"]}
    return {**{key: event[key] for key in ("id", "identifier") if key in event}, **answer}
