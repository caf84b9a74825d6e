"""One row of a bulk import on its way, and how the journal writes it down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from actui.model.omitted import NOTHING, Omitted
from actui.model.records import ImportRow
from actui.model.run import Outcome, Reason, Record


@dataclass(frozen=True, slots=True)
class OutgoingRow:
    """One row that is being sent: whom it is for, and what was known when it was sent.

    `is_new` tells that no such contact was there at the reading; `not_joined` is on how many of the
    goal's lists the contact has a row that keeps it out; `became_empty` that a field is cleared
    which this goal had filled. `omitted` is what the row leaves out of what the goal asks for.
    """

    profile_id: str
    row: ImportRow
    fingerprint: bytes
    contact_id: int | None
    is_new: bool
    not_joined: int = 0
    became_empty: bool = False
    attempt: int = 1
    omitted: Omitted = NOTHING

    def record(self, reason: Reason | None = None, detail: str = "") -> Record:
        """The outcome this row ends in: accepted without a reason, else refused with it."""
        if reason is Reason.UNRESOLVED:
            outcome = Outcome.UNKNOWN
        elif reason is not None:
            outcome = Outcome.REJECTED
        else:
            outcome = Outcome.CREATED if self.is_new else Outcome.UPDATED
        return Record(
            outcome,
            reason,
            detail,
            self.contact_id,
            self.profile_id,
            self.row.email,
            self.omitted,
        )


def encode(rows: Sequence[OutgoingRow]) -> str:
    """The journal's text for a batch."""
    return json.dumps(
        [
            {
                "p": sent.profile_id,
                "c": sent.contact_id,
                "new": sent.is_new,
                "f": sent.fingerprint.hex(),
                "a": sent.attempt,
                "l": sent.not_joined,
                "b": sent.became_empty,
                "e": sent.row.email,
                "n": [sent.row.first_name, sent.row.last_name, sent.row.phone],
                "v": {str(id_): value for id_, value in sent.row.fields.items()},
                "s": list(sent.row.subscribe),
                "o": sent.omitted.packed(),
            }
            for sent in rows
        ],
        separators=(",", ":"),
    )


def decode(payload: str) -> list[OutgoingRow]:
    """The rows of a journalled batch, also of one from before `omitted` was written down."""
    rows = []
    for item in json.loads(payload):
        first, last, phone = item["n"]
        fields = {int(id_): value for id_, value in item["v"].items()}
        row = ImportRow(item["e"], first, last, phone, fields, tuple(item["s"]))
        rows.append(
            OutgoingRow(
                profile_id=item["p"],
                row=row,
                fingerprint=bytes.fromhex(item["f"]),
                contact_id=item["c"],
                is_new=item["new"],
                not_joined=item["l"],
                became_empty=item["b"],
                attempt=item["a"],
                omitted=Omitted.unpacked(item.get("o")),
            )
        )
    return rows
