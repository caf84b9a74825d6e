"""The match keys by which a profile and a contact count as one person (sync/README.md §6)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product

from actui.model.addresses import canonical, clean
from actui.model.goals import ExportGoal
from actui.model.keys import MatchKey, contact_key, email_key, links_key
from actui.model.mapping import IdentifierLink, PropertySource, is_custom, perstag
from actui.model.records import Contact, Profile

_MOST_KEYS = 64
UNREADABLE_VALUE = "\x18unreadable"
"""In place of a value that cannot be read: no value of a profile is the same, and it is not empty.
The contact index keeps it."""


def key_fields(goal: ExportGoal) -> list[str]:
    """The linked fields other than the e-mail address."""
    return [link.field for link in goal.identifiers if link.field != "email"]


def identifying_properties(goal: ExportGoal) -> set[str]:
    """The properties by which a goal recognizes people."""
    wanted = {link.property for link in goal.identifiers if link.property}
    for mapping in goal.mappings:
        if mapping.field == "email" and isinstance(mapping.source, PropertySource):
            wanted.add(mapping.source.property)
    return wanted


def addresses_of(goal: ExportGoal, profile: Profile) -> list[str]:
    """A profile's addresses, cleaned, linked ones first; of two spellings of one, the first."""
    once: dict[str, str] = {}
    for raw in raw_addresses(goal, profile):
        once.setdefault(canonical(raw), clean(raw))
    return list(once.values())


def raw_addresses(goal: ExportGoal, profile: Profile) -> list[str]:
    """A profile's addresses as BlueConic holds them, in the same order."""
    properties = [link.property for link in goal.identifiers if link.field == "email"]
    properties += [
        mapping.source.property
        for mapping in goal.mappings
        if mapping.field == "email" and isinstance(mapping.source, PropertySource)
    ]
    return [
        value
        for name in properties
        if name is not None
        for value in profile.properties.get(name, ())
        if clean(value)
    ]


def link_values(link: IdentifierLink, profile: Profile) -> tuple[str, ...]:
    """A profile's values for one link; merged profiles' ids are its own too."""
    if link.property is None:
        return (profile.id, *profile.replaces)
    return tuple(_present(profile.properties.get(link.property, ())))


def profile_keys(goal: ExportGoal, profile: Profile) -> list[MatchKey]:
    """The keys of the contacts that are this profile; those of a contact are in `contact_keys`."""
    keys = [email_key(address) for address in addresses_of(goal, profile)]
    values = [link_values(link, profile) for link in goal.identifiers if link.field != "email"]
    for combined in islice(product(*values), _MOST_KEYS if values else 0):
        keys.append(links_key(combined))
    return keys


def contact_keys(goal: ExportGoal, contact: Contact) -> list[MatchKey]:
    """The keys under which a listing would know a contact."""
    keys = [contact_key(contact.id)]
    if contact.email:
        keys.append(email_key(contact.email))
    if fields := key_fields(goal):
        keys.append(links_key([contact_value(contact, field) for field in fields]))
    return keys


def contact_value(contact: Contact, field: str) -> str:
    """A contact's value of a linked field; UNREADABLE_VALUE if it is unknown."""
    is_unknown = is_custom(field) and not contact.shows(perstag(field))
    return UNREADABLE_VALUE if is_unknown else contact.value(field)


def _present(values: Sequence[str]) -> list[str]:
    return [value.strip() for value in values if value.strip()]
