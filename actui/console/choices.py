"""What the two accounts offer to choose from, as far as they could be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from actui.console.formatting import counted, number
from actui.console.forms.form import Option, simplified
from actui.model.mapping import READ_ONLY_FIELDS, is_custom, perstag
from actui.model.records import (
    ContactField,
    ContactList,
    Lifecycle,
    Objective,
    Property,
    Segment,
)

FIELD_WORDS = {
    "email": "E-mail",
    "firstName": "First name",
    "lastName": "Last name",
    "phone": "Phone",
    "id": "Contact id",
    "cdate": "Date created",
    "udate": "Date changed",
    "bounced_hard": "Hard bounces",
    "bounced_soft": "Soft bounces",
}
"""The contact fields that every account has."""


@dataclass(frozen=True, slots=True)
class ActiveCampaignChoices:
    """What an ActiveCampaign account holds."""

    fields: Sequence[ContactField]
    lists: Sequence[ContactList]


@dataclass(frozen=True, slots=True)
class BlueConicChoices:
    """What a BlueConic tenant holds; lifecycles are None where it does not let them be read."""

    properties: Sequence[Property]
    segments: Sequence[Segment]
    objectives: Sequence[Objective] = ()
    lifecycles: Sequence[Lifecycle] | None = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """Both; None = not known, and then a sentence says why (empty while it is being asked)."""

    activecampaign: ActiveCampaignChoices | None = None
    blueconic: BlueConicChoices | None = None
    no_activecampaign: str = ""
    no_blueconic: str = ""

    def without_trouble(self) -> Choices:
        """The same as if it were being asked anew."""
        return replace(self, no_activecampaign="", no_blueconic="")

    # options

    def lists(self) -> list[Option]:
        if self.activecampaign is None:
            return []
        return [
            Option(str(one.id), one.name, "" if one.active is None else f"{number(one.active)}")
            for one in sorted(self.activecampaign.lists, key=lambda one: one.name.casefold())
        ]

    def fields(self, *, writable: bool = False) -> list[Option]:
        """The account's contact fields; the standard ones are known without asking."""
        standard = [
            Option(field, label, field)
            for field, label in FIELD_WORDS.items()
            if not (writable and field in READ_ONLY_FIELDS)
        ]
        if self.activecampaign is None:
            return standard
        custom = sorted(self.activecampaign.fields, key=lambda one: one.title.casefold())
        return standard + [
            Option(f"%{one.tag}%", one.title, f"%{one.tag}%  {one.type}") for one in custom
        ]

    def properties(self, *, identifiers: bool = False) -> list[Option]:
        if self.blueconic is None:
            return []
        found = sorted(self.blueconic.properties, key=lambda one: one.name.casefold())
        return [
            Option(one.id, one.name, f"{one.id}  {one.type.lower()}")
            for one in found
            if one.indexed or not identifiers
        ]

    def segments(self) -> list[Option]:
        if self.blueconic is None:
            return []
        found = sorted(self.blueconic.segments, key=lambda one: one.name.casefold())
        return [
            Option(
                one.id,
                one.name,
                "" if one.size is None else counted(one.size, "profile", "profiles"),
            )
            for one in found
        ]

    # one thing

    def list_size(self, id_: str | None, name: str) -> int | None:
        """How many active contacts a list has."""
        known = self.activecampaign.lists if self.activecampaign else ()
        return next((one.active for one in known if _is(one, id_, name)), None)

    def segment_size(self, id_: str | None, name: str) -> int | None:
        """How many profiles a segment has."""
        known = self.blueconic.segments if self.blueconic else ()
        return next((one.size for one in known if _is(one, id_, name)), None)

    def field_title(self, field: str) -> str:
        """The title of a custom field; an empty text where it is not known."""
        known = self.activecampaign.fields if self.activecampaign else ()
        return next((one.title for one in known if perstag(field) == one.tag), "")

    def knows_property(self, id_: str) -> bool:
        """Whether the tenant is known to have such a property."""
        known = self.blueconic.properties if self.blueconic else ()
        return id_ in {one.id for one in known}

    def field_type(self, field: str) -> str:
        """The type of a custom field, in ActiveCampaign's word; an empty text otherwise."""
        known = self.activecampaign.fields if self.activecampaign else ()
        return next((one.type for one in known if perstag(field) == one.tag), "")

    def property_type(self, id_: str) -> str:
        """The type of a property; an empty text where it is not known."""
        known = self.blueconic.properties if self.blueconic else ()
        return next((one.type for one in known if one.id == id_), "")

    # what is gone

    def lacks_list(self, id_: str | None, name: str) -> bool:
        """Whether the account is known and has no such list."""
        if self.activecampaign is None:
            return False
        return not any(
            str(one.id) in (id_, name) or (id_ is None and one.name == name)
            for one in self.activecampaign.lists
        )

    def lacks_field(self, field: str) -> bool:
        """Whether the account is known and has no such custom field."""
        if self.activecampaign is None or not is_custom(field):
            return False
        return perstag(field) not in {one.tag for one in self.activecampaign.fields}

    def lacks_property(self, id_: str) -> bool:
        """Whether the tenant is known and has no such property."""
        known = self.blueconic
        return known is not None and id_ not in {one.id for one in known.properties}

    def lacks_segment(self, id_: str | None, name: str) -> bool:
        """Whether the tenant is known and has no such segment."""
        if self.blueconic is None:
            return False
        return not any(
            one.id in (id_, name) or (id_ is None and one.name == name)
            for one in self.blueconic.segments
        )

    # names that mean the same

    def property_for(self, field: str) -> str | None:
        """The property whose name is a field's own."""
        wanted = self._field_names(field)
        for one in self.blueconic.properties if self.blueconic else ():
            if simplified(one.id) in wanted or simplified(one.name) in wanted:
                return one.id
        return None

    def field_for(self, property_id: str) -> str | None:
        """The field whose name is a property's own; never one that cannot be written."""
        for option in self.fields(writable=True):
            if self.property_for(option.id) == property_id:
                return option.id
        return None

    def _field_names(self, field: str) -> set[str]:
        names = {simplified(field.strip("%")), simplified(FIELD_WORDS.get(field, ""))}
        if self.activecampaign is not None and is_custom(field):
            tag = perstag(field)
            known = self.activecampaign.fields
            names |= {simplified(one.title) for one in known if one.tag == tag}
        return names - {""}


def _is(one: ContactList | Segment, id_: str | None, name: str) -> bool:
    """Whether it is the thing meant: the one of the id; only where there is none, of the name."""
    return str(one.id) == id_ if id_ else one.name == name
