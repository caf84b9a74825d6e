"""One profile becomes one row of a bulk import, or a reason why not (sync/README.md §5, §8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from actui.model.addresses import canonical, clean
from actui.model.limits import BULK_BYTES
from actui.model.mapping import WhenEmpty, is_custom, perstag
from actui.model.omitted import CLEANED, NOTHING, Omitted
from actui.model.records import ImportRow, Profile
from actui.model.run import Outcome, Reason, Record
from actui.sync.exporting.field_texts import FieldTexts
from actui.sync.exporting.sources import VIEWED, needs_of
from actui.sync.exporting.threshold import barred_by_stage, required_stage
from actui.sync.fingerprints import (
    Fingerprint,
    Links,
    field_mark,
    first_of_payload,
    marks_of,
    of_payload,
    tail_of,
)
from actui.sync.importing.values import LONGEST_ADDRESS
from actui.sync.limits import (
    BULK_ENVELOPE,
    MOST_LOOKUPS,
    json_size,
    longest_json,
)
from actui.sync.match_keys import (
    addresses_of,
    identifying_properties,
    link_values,
    raw_addresses,
)
from actui.sync.resolve import Accounts
from actui.sync.resolved_goals import ResolvedConnection, ResolvedExport
from actui.sync.run.warnings import Warnings

_FORBIDDEN = re.compile(r'[\s"(),:;<>@\[\\\]]')
_DOMAIN = re.compile(r"[^\s@\"(),:;<>\[\\\]]+\.[A-Za-z]{2,}\Z")
_MOST_ROW = BULK_BYTES - BULK_ENVELOPE - 4 * LONGEST_ADDRESS
_LEFT_OUT = f"as ActiveCampaign takes at most {BULK_BYTES:,} bytes of one person"
_UNREAD = "BlueConic's answer for this profile alone is larger than actui reads"
_TOO_LARGE = f"the identifiers alone take more than the {BULK_BYTES:,} bytes of an import"
_CONSENT = frozenset({"consentedObjectives", "refusedObjectives", "privacyLegislation"})
"""The parts of a profile that consent is decided by."""
_UNREADABLE_CONSENT = "BlueConic's answer about the person's consent cannot be read"
_UNREADABLE_MERGES = "BlueConic's answer about the profiles merged into this one cannot be read"
_TOO_MANY_IDS = f"the profile has more than {MOST_LOOKUPS} contact ids"


def is_importable(email: str) -> bool:
    """ActiveCampaign's documented rule for a bulk import's addresses (activecampaign.md §7.1).

    An address that is longer than any mail server takes is refused as well: it could never get
    mail, and a look-up by it makes a URL that is longer than servers take.
    """
    if len(email) > LONGEST_ADDRESS:
        return False
    local, at, domain = email.rpartition("@")
    return bool(at and local and not _FORBIDDEN.search(local) and _DOMAIN.match(domain))


@dataclass(frozen=True, slots=True)
class Payload:
    """What a profile asks for, before it is known which contact it is.

    `profile_ids` are its own id and those of profiles merged into it. `emails` are the addresses
    an import takes, cleaned and in their order; `unusable` is one it does not take, where there is
    no other. `first_spellings` are the ways in which BlueConic holds the first of `emails`.
    `links` are the values of all links but the e-mail address; every link must match. `row` holds
    names and fields alone; `became_empty` tells that it clears what this goal had filled.
    `omitted` is what is not sent because it does not fit.
    """

    profile_ids: tuple[str, ...]
    emails: tuple[str, ...]
    unusable: str
    links: tuple[tuple[str, tuple[str, ...]], ...]
    row: ImportRow
    fingerprint: Fingerprint
    became_empty: bool = False
    omitted: Omitted = NOTHING
    first_spellings: tuple[str, ...] = ()

    @property
    def profile_id(self) -> str:
        """The profile's own id."""
        return self.profile_ids[0]

    def record(
        self, outcome: Outcome, reason: Reason | None, contact_id: int | None = None
    ) -> Record:
        """An outcome of this profile."""
        email = self.emails[0] if self.emails else self.unusable
        return Record(outcome, reason, "", contact_id, self.profile_id, email, self.omitted)


class PayloadBuilder:
    """Turns profiles into rows for one goal; pure."""

    def __init__(
        self,
        connection: ResolvedConnection,
        goal: ResolvedExport,
        accounts: Accounts,
        zone: tzinfo,
        *,
        row_size: Callable[[ImportRow], int],
    ) -> None:
        self._goal = goal.settings
        self._row_size = row_size
        self._lists = goal.list_ids
        self._needs = [needs_of(mapping.source) for mapping in self._goal.mappings]
        self._accounts = accounts
        self._objectives = {objective.id: objective for objective in connection.objectives}
        self._where_needed = connection.settings.consent_where_needed
        self._stage = required_stage(goal)
        self._keys = [link for link in self._goal.identifiers if link.field != "email"]
        self._has_email_link = len(self._keys) < len(self._goal.identifiers)
        self._warnings = Warnings()
        self._texts = FieldTexts(accounts, zone, self._warnings)

    @property
    def needs_stages(self) -> bool:
        """Whether a profile's lifecycle stages decide anything."""
        return self._stage is not None or any(needs.stages for needs in self._needs)

    @property
    def lacks_interactions(self) -> bool:
        """Whether viewed interactions are mapped and their names cannot be read."""
        return self._accounts.interactions is None and any(one.interactions for one in self._needs)

    def properties(self) -> list[str]:
        """The profile properties a listing must hold for this goal, and no others.

        At least one, for BlueConic sends all of them when none is named.
        """
        wanted = identifying_properties(self._goal)
        for needs in self._needs:
            wanted.update(needs.properties)
        return sorted(wanted) or [VIEWED]

    def expansions(self) -> list[str]:
        """What a listing must expand, and nothing that no mapping uses."""
        # who was merged into whom keeps an opt-out with its person
        expand = ["profiles.profile.replace"]
        expand += [one for needs in self._needs for one in needs.expand]
        return list(dict.fromkeys(expand))

    def build(self, profile: Profile, accepted: bytes | None) -> Payload | Record:
        """The payload, or the outcome of a profile that is not sent.

        `accepted` is the fingerprint of what ActiveCampaign last took for this profile.
        """
        if profile.too_large:
            return _record(profile, Outcome.REJECTED, Reason.TOO_LARGE, "", _UNREAD)
        raw, addresses = raw_addresses(self._goal, profile), addresses_of(self._goal, profile)
        known_as = next(iter(addresses), "")
        emails = tuple(address for address in addresses if is_importable(address))
        refusal = self._refusal(profile, addresses, emails)
        if refusal is not None:
            return refusal
        links = self._links(profile, known_as)
        if isinstance(links, Record):
            return links
        if len(addresses) > 1:
            self._warnings.add("email", tuple(addresses[1:]), "as a contact has one address")
        had = marks_of(accepted)
        values_by_field, marks = self._values(profile, had)
        omitted = self._omitted(values_by_field, links)
        if omitted is None:
            self._warnings.take()  # of a person who is not sent nothing is left out
            return _record(profile, Outcome.REJECTED, Reason.TOO_LARGE, known_as, _TOO_LARGE)
        for name in omitted:
            self._warnings.add(name, (values_by_field.pop(name),), _LEFT_OUT)
            # what was filled before still counts as filled, and so does nothing else
            marks -= {field_mark(name)} - had
        unusable = "" if emails or not addresses else addresses[0]
        form = canonical(emails[0]) if emails else None
        spelled = tuple(dict.fromkeys(one for one in raw if canonical(one) == form))
        unclean = tuple(one for one in spelled if one != clean(one))
        if unclean:
            self._warnings.add("email", unclean, CLEANED)
        return Payload(
            profile_ids=(profile.id, *profile.replaces),
            emails=emails,
            unusable=unusable,
            links=links,
            row=self._row(values_by_field),
            fingerprint=self._fingerprint(raw, emails, links, values_by_field, marks),
            became_empty=any(
                not v and field_mark(name) in had for name, v in values_by_field.items()
            ),
            omitted=self._warnings.take(),
            first_spellings=spelled,
        )

    def _refusal(
        self, profile: Profile, addresses: Sequence[str], emails: Sequence[str]
    ) -> Record | None:
        """The outcome of a profile that may not be sent, or has no address to go to."""
        known_as = next(iter(addresses), "")
        if not self._has_consent(profile):
            detail = "" if profile.unreadable.isdisjoint(_CONSENT) else _UNREADABLE_CONSENT
            return _record(profile, Outcome.SKIPPED, Reason.NO_CONSENT, known_as, detail)
        if "replaces" in profile.unreadable:
            reason = Reason.AMBIGUOUS_MATCH
            return _record(profile, Outcome.SKIPPED, reason, known_as, _UNREADABLE_MERGES)
        barred = barred_by_stage(self._goal, self._stage, profile)
        if barred is not None:
            return _record(profile, Outcome.SKIPPED, barred, known_as)
        if self._has_email_link and not addresses:
            return _record(profile, Outcome.SKIPPED, Reason.NO_EMAIL)
        if self._has_email_link and not emails:
            return _record(profile, Outcome.REJECTED, Reason.INVALID_EMAIL, known_as)
        return None

    def _row(self, values: Mapping[str, str]) -> ImportRow:
        return ImportRow(
            email="",
            first_name=values.get("firstName"),
            last_name=values.get("lastName"),
            phone=values.get("phone"),
            fields={
                self._accounts.fields[perstag(name)].id: value
                for name, value in values.items()
                if is_custom(name)
            },
        )

    def _omitted(
        self, values: Mapping[str, str], links: Sequence[tuple[str, tuple[str, ...]]]
    ) -> list[str] | None:
        """The fields, longest first, without which the person fits into one import.

        None where what the person is found by is too large already.
        """
        linked = {name: found[0] for name, found in links if name != "id"}
        rest = {**linked, **values}
        if longest_json([*rest.values(), *map(str, self._lists)]) <= _MOST_ROW:
            return []
        longest = sorted(values.keys() - linked.keys(), key=lambda name: json_size(values[name]))
        omitted: list[str] = []
        while True:
            row = replace(self._row(rest), subscribe=self._lists)
            if self._row_size(row) <= _MOST_ROW:
                return omitted
            if not longest:
                return None
            omitted.append(longest.pop())
            del rest[omitted[-1]]

    def _links(
        self, profile: Profile, email: str
    ) -> tuple[tuple[str, tuple[str, ...]], ...] | Record:
        links: list[tuple[str, tuple[str, ...]]] = []
        for link in self._keys:
            values = link_values(link, profile)
            if not values:
                return _record(profile, Outcome.SKIPPED, Reason.NO_IDENTIFIER, email)
            if link.field == "id":
                values = tuple(value for value in values if _is_contact_id(value))
                if not values:
                    return _record(profile, Outcome.REJECTED, Reason.INVALID_IDENTIFIER, email)
                if len(values) > MOST_LOOKUPS:
                    return _record(
                        profile, Outcome.REJECTED, Reason.TOO_LARGE, email, _TOO_MANY_IDS
                    )
            links.append((link.field, values))
        return tuple(links)

    def _values(
        self, profile: Profile, had: frozenset[int]
    ) -> tuple[dict[str, str], frozenset[int]]:
        """The new text of each field that is to be written, and the marks of filled ones."""
        values: dict[str, str] = {}
        marks: set[int] = set()
        for mapping, needs in zip(self._goal.mappings, self._needs, strict=True):
            if mapping.field == "email":
                continue  # it decides where the row goes
            value, filled = self._texts.of(profile, mapping), field_mark(mapping.field)
            if value:
                values[mapping.field] = value
            elif value == "" and (mapping.when_empty is WhenEmpty.CLEAR or filled in had):
                values[mapping.field] = ""
            # an empty value is sent: asked for, or a source where empty is a known value
            may_be_cleared = needs.empty_is_known or mapping.when_empty is WhenEmpty.CLEAR
            # unknown is not empty: what was filled before still counts as filled
            if may_be_cleared and (value or (value is None and filled in had)):
                marks.add(filled)
        return values, frozenset(marks)

    def _has_consent(self, profile: Profile) -> bool:
        linked = self._objectives.keys()
        if not linked or profile.consented & linked:
            return True
        if not self._where_needed or profile.refused & linked:
            return False
        if not profile.unreadable.isdisjoint(_CONSENT):
            return False
        zone = profile.legislation or "NONE"
        return not any(zone in one.legislations for one in self._objectives.values())

    def _fingerprint(
        self,
        raw: Sequence[str],
        emails: Sequence[str],
        links: Links,
        values: Mapping[str, str],
        marks: frozenset[int],
    ) -> Fingerprint:
        lists = [str(id_) for id_ in self._lists]
        facts = _digested(raw) or emails, links, values, lists, tail_of(marks)
        return Fingerprint(of_payload(*facts), lambda: first_of_payload(*facts))


def _digested(raw: Sequence[str]) -> list[str]:
    """The addresses that fingerprints are made of: those that an import takes uncleaned.

    Without one, an import takes a cleaned address alone, and no fingerprint is older than that.
    """
    stripped = {one.strip().lower(): one.strip() for one in raw if is_importable(one.strip())}
    return list(stripped.values())


def _is_contact_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _record(
    profile: Profile, outcome: Outcome, reason: Reason, email: str = "", detail: str = ""
) -> Record:
    return Record(outcome, reason, detail, profile_id=profile.id, email=email)
