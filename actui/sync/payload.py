"""One profile becomes one row of a bulk import, or a reason why not (design §7, §8)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zlib import crc32

from actui.model.connection import Connection
from actui.model.goals import ExportGoal
from actui.model.mapping import (
    ExportMapping,
    PropertySource,
    SegmentsSource,
    TextSource,
    WhenEmpty,
    is_custom,
    perstag,
)
from actui.model.people import ContactField, ImportRow, Profile
from actui.model.run import Outcome, Reason, Record
from actui.sync.entries import Warnings
from actui.sync.resolve import Accounts
from actui.sync.values import instant

_FORBIDDEN = re.compile(r'[\s"(),:;<>@\[\\\]]')
_DOMAIN = re.compile(r"[^\s@\"(),:;<>\[\\\]]+\.[A-Za-z]{2,}\Z")
_MULTIPLE = ("listbox", "checkbox")
_SINGLE = ("dropdown", "radio")
_DIGEST = 10
VIEWED = "interactions_viewed"


def is_importable(email: str) -> bool:
    """ActiveCampaign's documented rule for a bulk import's addresses (activecampaign.md §7.1)."""
    local, at, domain = email.rpartition("@")
    return bool(at and local and not _FORBIDDEN.search(local) and _DOMAIN.match(domain))


@dataclass(frozen=True, slots=True)
class Payload:
    """What a profile asks for: a row without its lists, and the fingerprint of all of it."""

    profile_id: str
    row: ImportRow
    fingerprint: bytes


class PayloadBuilder:
    """Turns profiles into rows for one goal; pure but for the warnings it collects."""

    def __init__(
        self, connection: Connection, goal: ExportGoal, accounts: Accounts, zone: tzinfo
    ) -> None:
        self._goal = goal
        self._accounts = accounts
        self._zone = zone
        self._objectives = frozenset(o.id or o.name for o in connection.objectives)
        self._where_needed = connection.consent_where_needed
        self.warnings = Warnings()
        self.notes: set[str] = set()

    def properties(self) -> list[str]:
        """The profile properties a listing must hold for this goal, and no others."""
        wanted = {link.property for link in self._goal.identifiers if link.property}
        for mapping in self._goal.mappings:
            if isinstance(mapping.source, PropertySource):
                wanted.add(mapping.source.property)
            elif mapping.source == "viewed_interactions":
                wanted.add(VIEWED)
        return sorted(wanted)

    def expansions(self) -> list[str]:
        """What a listing must expand, and nothing that no mapping uses."""
        sources = [mapping.source for mapping in self._goal.mappings]
        expand = []
        if any(isinstance(source, SegmentsSource) for source in sources):
            expand.append("profiles.profile.segments")
        if "permission_level" in sources:
            expand.append("profiles.profile.permissions")
        return expand

    def build(self, profile: Profile, accepted: bytes | None) -> Payload | Record:
        """The row, or the outcome of a profile that is not sent.

        `accepted` is the fingerprint of what ActiveCampaign last took for this profile.
        """
        if not self._has_consent(profile):
            return _record(profile, Outcome.SKIPPED, Reason.NO_CONSENT)
        addresses = self._addresses(profile)
        if not addresses:
            return _record(profile, Outcome.SKIPPED, Reason.NO_EMAIL)
        email = next((address for address in addresses if is_importable(address)), None)
        if email is None:
            return _record(profile, Outcome.REJECTED, Reason.INVALID_EMAIL, email=addresses[0])
        if len(addresses) > 1:
            self.warnings.add("email", tuple(addresses[1:]))
        had = _non_empty_before(accepted)
        values: dict[str, str] = {}
        now_filled: set[int] = set()
        for mapping in self._goal.mappings:
            value = self._value(profile, mapping)
            if value is None:
                continue
            mark = _mark(mapping.field)
            if value:
                values[mapping.field] = value
                now_filled.add(mark)
            elif mapping.when_empty is WhenEmpty.CLEAR or (_is_derived(mapping) and mark in had):
                values[mapping.field] = ""
        row = ImportRow(
            email=email,
            first_name=values.get("firstName"),
            last_name=values.get("lastName"),
            phone=values.get("phone"),
            fields={
                self._accounts.fields[perstag(name)].id: value
                for name, value in values.items()
                if is_custom(name)
            },
        )
        return Payload(profile.id, row, self._fingerprint(email, values, now_filled))

    def _has_consent(self, profile: Profile) -> bool:
        if not self._objectives or profile.consented & self._objectives:
            return True
        if not self._where_needed or profile.refused & self._objectives:
            return False
        zone = profile.legislation or "NONE"
        known = self._accounts.objectives
        return not any(zone in known[o].legislations for o in self._objectives if o in known)

    def _addresses(self, profile: Profile) -> list[str]:
        found: list[str] = []
        for link in self._goal.identifiers:
            found += profile.properties.get(link.property or "", ())
        return [address.strip() for address in found if address.strip()]

    def _value(self, profile: Profile, mapping: ExportMapping) -> str | None:
        """The field's new text; None leaves the field alone whatever else holds."""
        source = mapping.source
        values: Sequence[str] | None
        if isinstance(source, PropertySource):
            values = profile.properties.get(source.property, ())
        elif isinstance(source, TextSource):
            values = (source.text,)
        elif isinstance(source, SegmentsSource):
            wanted = source.segments
            # in an order of their own: BlueConic's would send a profile again for nothing
            values = sorted(
                name
                for id_, name in profile.segments
                if wanted == "all" or id_ in wanted or name in wanted
            )
        elif source == "profile_id":
            values = (profile.id,)
        elif source == "permission_level":
            values = (profile.permission_level,) if profile.permission_level else None
        elif source == "viewed_interactions":
            names = self._accounts.interactions
            values = [names.get(id_, id_) for id_ in profile.properties.get(VIEWED, ())]
        else:
            values = self._stages(profile)
        return None if values is None else self._written(values, mapping)

    def _stages(self, profile: Profile) -> list[str] | None:
        if profile.lifecycle_stages is None:
            self.notes.add("This BlueConic tenant does not show lifecycle stages.")
            return None
        return [stage.lifecycle for stage in profile.lifecycle_stages]

    def _written(self, values: Sequence[str], mapping: ExportMapping) -> str:
        """Several values as the field's type takes them (activecampaign.md §4.2)."""
        texts = [self._dated(text, mapping) for text in values if text]
        if not is_custom(mapping.field):
            return ", ".join(texts)
        field = self._accounts.fields[perstag(mapping.field)]
        texts = self._fitting(texts, field, mapping.field)
        if field.type in _MULTIPLE:
            return f"||{'||'.join(texts)}||" if texts else ""
        if field.type in _SINGLE:
            if len(texts) > 1:
                self.warnings.add(mapping.field, tuple(texts[1:]))
            return texts[0] if texts else ""
        if field.type in ("date", "datetime"):
            return texts[0] if texts else ""
        return ", ".join(texts)

    def _dated(self, text: str, mapping: ExportMapping) -> str:
        """A date-time property holds Unix milliseconds; ActiveCampaign wants ISO 8601."""
        source = mapping.source
        if not isinstance(source, PropertySource):
            return text
        if self._accounts.properties[source.property].type != "DATETIME":
            return text
        try:
            moment = datetime.fromtimestamp(int(text) / 1000, UTC).astimezone(self._zone)
        except (ValueError, OverflowError, OSError):
            return text
        return moment.isoformat(timespec="seconds")

    def _fitting(self, texts: Sequence[str], field: ContactField, name: str) -> list[str]:
        kept: list[str] = []
        dropped: list[str] = []
        for text in texts:
            fitted: str | None = text
            if field.type in ("date", "datetime"):
                moment = instant(text, self._zone)
                if moment is None:
                    fitted = None
                elif field.type == "date":
                    fitted = moment.date().isoformat()
                else:
                    fitted = moment.isoformat(timespec="seconds")
            elif field.options and text not in field.options:
                fitted = None
            (dropped if fitted is None else kept).append(text if fitted is None else fitted)
        if dropped:
            self.warnings.add(name, tuple(dropped))
        return kept

    def _fingerprint(self, email: str, values: Mapping[str, str], filled: set[int]) -> bytes:
        """A digest of row and lists, then two bytes for each field that was not empty.

        The tail tells a later run what *became* empty, so that it can be cleared.
        """
        lists = [named.id or named.name for named in self._goal.lists]
        sent = {name: value for name, value in values.items() if value}
        facts = repr((email.lower(), sorted(sent.items()), sorted(lists)))
        digest = hashlib.blake2b(facts.encode(), digest_size=_DIGEST).digest()
        return digest + b"".join(mark.to_bytes(2, "big") for mark in sorted(filled))


def _mark(field: str) -> int:
    return crc32(field.encode()) & 0xFFFF


def _non_empty_before(accepted: bytes | None) -> frozenset[int]:
    tail = (accepted or b"")[_DIGEST:]
    return frozenset(int.from_bytes(tail[i : i + 2], "big") for i in range(0, len(tail), 2))


def _is_derived(mapping: ExportMapping) -> bool:
    """Sources whose emptiness is a fact about the profile, not a missing value."""
    return not isinstance(mapping.source, PropertySource | TextSource)


def _record(profile: Profile, outcome: Outcome, reason: Reason, email: str = "") -> Record:
    return Record(outcome, reason, profile_id=profile.id, email=email)
