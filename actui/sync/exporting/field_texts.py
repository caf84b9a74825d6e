"""What a mapping writes into a field: a profile's values as the text that the field takes.

ActiveCampaign's types of fields and their texts are in activecampaign.md §4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from actui.model.mapping import ExportMapping, ExportSource, PropertySource, is_custom, perstag
from actui.model.records import ContactField, Profile
from actui.sync.exporting.sources import Names, values_of
from actui.sync.importing.values import instant, is_milliseconds, iso, stored_instant
from actui.sync.resolve import Accounts
from actui.sync.run.warnings import Warnings

_MULTIPLE = ("listbox", "checkbox")
_SINGLE = ("dropdown", "radio")
_DATES = ("date", "datetime")
_TEXT = ContactField(0, "", "", "text")
"""What e-mail address, names and phone number take."""
_NAMELESS = "which have no name in BlueConic"


class FieldTexts:
    """Writes fields of one connection's accounts; values that do not fit become warnings.

    Dates without an offset are read, and instants written, in `zone`.
    """

    def __init__(self, accounts: Accounts, zone: tzinfo, warnings: Warnings) -> None:
        self._accounts = accounts
        segments = {id_: segment.name for id_, segment in accounts.segments.items()}
        self._names = Names(accounts.interactions, segments)
        self._zone = zone
        self._warnings = warnings

    def of(self, profile: Profile, mapping: ExportMapping) -> str | None:
        """The new text of the mapping's field; empty clears it, None leaves it alone.

        None where the profile's values are unknown, or where it has some and none of them fits.
        """
        values = values_of(mapping.source, profile, self._names)
        return None if values is None else self._written(values, mapping)

    def _written(self, values: Sequence[str | None], mapping: ExportMapping) -> str | None:
        """Several values as the field's type takes them (activecampaign.md §4.2).

        None where there were values and none of them fits: that is not the same as empty.
        """
        field = self._accounts.fields[perstag(mapping.field)] if is_custom(mapping.field) else _TEXT
        present = [text for text in values if text]
        nameless = [""] * values.count(None)
        if nameless:
            self._warnings.add(mapping.field, nameless, _NAMELESS)
        texts = self._fitting(present, field, mapping)
        if (present or nameless) and not texts:
            return None
        if field.type in _MULTIPLE:
            return f"||{'||'.join(texts)}||" if texts else ""
        if field.type in _SINGLE:
            if len(texts) > 1:
                self._warnings.add(mapping.field, texts[1:], "as the field takes one value")
            return texts[0] if texts else ""
        if field.type in _DATES:
            return texts[0] if texts else ""
        return ", ".join(texts)

    def _fitting(
        self, texts: Sequence[str], field: ContactField, mapping: ExportMapping
    ) -> list[str]:
        """The values that the field takes, as it takes them; the others become warnings."""
        kept: list[str] = []
        no_dates: list[str] = []
        no_options: list[str] = []
        options = frozenset() if field.type in _DATES else frozenset(field.options)
        for text in texts:
            fitted = self._text(text, field, mapping.source)
            if fitted is None:
                no_dates.append(text)
            elif options and fitted not in options:
                no_options.append(text)
            else:
                kept.append(fitted)
        for dropped, reason in (
            (no_dates, "which are no dates"),
            (no_options, "which are no options of the field"),
        ):
            if dropped:
                self._warnings.add(mapping.field, dropped, reason)
        return kept

    def _text(self, text: str, field: ContactField, source: ExportSource) -> str | None:
        """One value as a field of this type has it; None where it should be a date and is none.

        A date-time property holds Unix milliseconds; ActiveCampaign wants ISO 8601.
        """
        moment: datetime | None = None
        if self._holds_instants(source) and is_milliseconds(text):
            moment = stored_instant(text, self._zone)
        elif field.type in _DATES:
            moment = instant(text, self._zone)
        else:
            return text
        if moment is None:
            return None
        return moment.date().isoformat() if field.type == "date" else iso(moment)

    def _holds_instants(self, source: ExportSource) -> bool:
        if not isinstance(source, PropertySource):
            return False
        return self._accounts.properties[source.property].type == "DATETIME"
