"""People who asked to be forgotten: met again, they are skipped and nothing of them is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from actui.model.addresses import lower_spellings
from actui.model.goals import ExportGoal
from actui.model.journal import Indexed
from actui.model.keys import MatchKey, address_key, contact_key, profile_key
from actui.model.records import Contact, Profile
from actui.model.run import Outcome, Reason, Record
from actui.sync.match_keys import raw_addresses

Forgotten = Callable[[Iterable[MatchKey]], set[MatchKey]]
"""Which of these keys are of somebody who was forgotten."""


def no_one_erased(keys: Iterable[MatchKey]) -> set[MatchKey]:
    """Default predicate: an empty set."""
    return set()


def forgotten_contacts(contacts: Iterable[Contact], forgotten: Forgotten) -> set[str]:
    """The ids of those among these contacts who were forgotten."""
    return _among({str(c.id): _keys(c.id, c.email) for c in contacts}, forgotten)


def forgotten_profiles(
    goal: ExportGoal, profiles: Iterable[Profile], forgotten: Forgotten
) -> set[str]:
    """The ids of those among these profiles who were forgotten; merged ones count as one."""
    return _among(
        {
            one.id: [profile_key(id_) for id_ in (one.id, *one.replaces)]
            + address_keys(raw_addresses(goal, one))
            for one in profiles
        },
        forgotten,
    )


def without_forgotten(rows: list[Indexed], forgotten: Forgotten) -> list[Indexed]:
    """What the index may keep: of somebody who was forgotten, that the contact exists."""
    gone = _among({str(r.contact_id): _keys(r.contact_id, r.email) for r in rows}, forgotten)
    return [
        Indexed(row.contact_id, "", {}, True, {}) if str(row.contact_id) in gone else row
        for row in rows
    ]


def skipped(*, contact_id: int | None = None, profile_id: str | None = None) -> Record:
    """Their outcome, in which they have no address."""
    return Record(Outcome.SKIPPED, Reason.FORGOTTEN, "", contact_id, profile_id, "")


def _keys(contact_id: int, email: str) -> list[MatchKey]:
    return [contact_key(contact_id), *address_keys([email])]


def address_keys(emails: Iterable[str]) -> list[MatchKey]:
    """The keys of addresses; a digest may have been made of any spelling, in lower case."""
    return [address_key(form) for email in emails for form in lower_spellings(email)]


def _among(people: Mapping[str, list[MatchKey]], forgotten: Forgotten) -> set[str]:
    gone = forgotten(key for keys in people.values() for key in keys)
    return {one for one, keys in people.items() if gone.intersection(keys)} if gone else set()
