"""ActiveCampaign's JSON as actui's own types, and back.

Lenient about extra keys, numbers as text, zero dates and null; strict about what is needed: ids,
and the key the rows are under. Parsers raise KeyError, TypeError or ValueError on another shape.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from actui.api.http import Answer, compact
from actui.model.goals import ListStatus
from actui.model.mapping import perstag
from actui.model.people import (
    BatchInfo,
    BulkQueued,
    BulkRefused,
    Contact,
    ContactField,
    ContactList,
    ContactPage,
    ImportRow,
    User,
)
from actui.model.redaction import redact
from actui.model.standing import Exclusion, ListRow

MOST_ID = 2**63 - 2
"""The largest number that a ledger can keep and that can be bounded from above."""
BULK_ROWS = 250
BULK_BYTES = 399_999
# What surrounds the rows of a bulk import, with room to spare.
BULK_ENVELOPE = 64
# activecampaign.md §5.2; "91" and the like mark relations that are no longer there.
_STATUS = {
    "0": ListStatus.UNCONFIRMED,
    "1": ListStatus.ACTIVE,
    "2": ListStatus.UNSUBSCRIBED,
    "3": ListStatus.BOUNCED,
}
STATUS_NUMBER = {status: number for number, status in _STATUS.items()}
_BATCH_STATES = frozenset({"waiting", "claimed", "active", "completed", "failed", "interrupted"})


def rows(body: Any, key: str) -> list[dict[str, Any]]:
    """The list of objects under `key`, which must be there."""
    found = body[key]
    if not isinstance(found, list):
        raise TypeError(key)
    return [row for row in found if isinstance(row, dict)]


def user(body: Any) -> User:
    """Who the key belongs to (activecampaign.md §2)."""
    row = body["user"]
    name = f"{_text(row.get('firstName'))} {_text(row.get('lastName'))}".strip()
    return User(name or _text(row.get("username")), _text(row.get("email")))


def contact_list(row: Mapping[str, Any]) -> ContactList:
    """One list (activecampaign.md §5.1)."""
    return ContactList(
        int(row["id"]), _text(row.get("name")), number(row.get("active_subscribers"))
    )


def contact_field(row: Mapping[str, Any], options: Sequence[Mapping[str, Any]]) -> ContactField:
    """One custom field with the values it accepts, in their order (activecampaign.md §4.1)."""
    own = [o for o in options if str(o.get("field")) == str(row["id"])]
    own.sort(key=lambda option: number(option.get("orderid")) or 0)
    return ContactField(
        id=int(row["id"]),
        tag=perstag(_text(row.get("perstag"))),
        title=_text(row.get("title")),
        type=_text(row.get("type")) or "text",
        options=tuple(_text(option.get("value")) for option in own),
    )


def rows_by_id(body: Any, key: str) -> dict[int, dict[str, Any]]:
    """The rows under `key` by their ids, without those whose id is larger than 64 bits."""
    found = {int(row["id"]): row for row in rows(body, key)}
    return {id_: row for id_, row in found.items() if id_ <= MOST_ID}


def contact_page(answer: Answer, tags: Mapping[int, str]) -> ContactPage:
    """A page of contacts with the sideloaded rows that belong to each (activecampaign.md §3.4)."""
    body = answer.body
    sent = rows(body, "contacts")
    found = [row for row in sent if int(row["id"]) <= MOST_ID]
    values = _by_contact(body.get("fieldValues"))
    lists = _by_contact(body.get("contactLists"))
    contacts = []
    for row in found:
        own = str(row["id"])
        contacts.append(_contact(row, values[own], lists[own], tags))
    meta = body.get("meta")
    return ContactPage(
        contacts=contacts,
        total=number(meta.get("total")) if isinstance(meta, dict) else None,
        served_at=answer.served_at,
        missing=_incomplete(found, body),
        beyond=len(sent) - len(found),
    )


def single_contact(body: Any, tags: Mapping[int, str]) -> Contact:
    """The answer of `GET /contacts/{id}` (activecampaign.md §3.5)."""
    row = body["contact"]
    own = str(row["id"])
    values = _by_contact(body.get("fieldValues"))
    lists = _by_contact(body.get("contactLists"))
    return _contact(row, values[own], lists[own], tags, alone=True)


def own_address(row: Mapping[str, Any], contact_id: int) -> str:
    """A contact's address, empty where the answer has none; refuses another contact's row."""
    if int(row["id"]) != contact_id:
        raise ValueError("another contact")
    return str(row.get("email") or "")


def list_row(row: Mapping[str, Any], contact_id: int, list_id: int) -> ListRow:
    """A contact's row on one list (activecampaign.md §5.2)."""
    if (int(row["contact"]), int(row["list"])) != (contact_id, list_id):
        raise ValueError("another row")
    return _list_row(row, _STATUS[str(row["status"])])


def _list_row(row: Mapping[str, Any], status: ListStatus) -> ListRow:
    # `udate` tells an unsubscription only; `updated_timestamp` moves with every change (§5.2)
    told = (row.get(key) for key in ("sdate", "udate", "updated_timestamp"))
    mark = "|".join(_text(one) for one in told)
    return ListRow(status, mark, moment(row.get("sdate")))


def exclusion(row: Mapping[str, Any]) -> Exclusion:
    """A phrase that keeps addresses out (activecampaign.md §5.5)."""
    return Exclusion(_text(row["matchPhrase"]), _text(row.get("matchType")))


def bulk_row(row: ImportRow, *, exclude_automations: bool) -> dict[str, Any]:
    """One contact of a bulk import: snake_case, absent keys leave values alone (§7.1)."""
    told: dict[str, Any] = {"email": row.email}
    names = {"first_name": row.first_name, "last_name": row.last_name, "phone": row.phone}
    told.update({key: value for key, value in names.items() if value is not None})
    if row.fields:
        told["fields"] = [{"id": id_, "value": value} for id_, value in row.fields.items()]
    if row.subscribe:
        told["subscribe"] = [{"listid": id_} for id_ in row.subscribe]
    if exclude_automations:
        told["exclude_automations"] = True
    return told


def bulk_body(found: Sequence[ImportRow], *, exclude_automations: bool) -> bytes:
    """The body of a bulk import. Raises ValueError beyond 250 rows or 399,999 bytes.

    `exclude_automations` goes to the top level and into each contact, as the documentation does
    not say which of the two ActiveCampaign reads.
    """
    if not 1 <= len(found) <= BULK_ROWS:
        raise ValueError(f"a bulk import takes 1 to {BULK_ROWS} contacts, not {len(found)}")
    told: dict[str, Any] = {
        "contacts": [bulk_row(row, exclude_automations=exclude_automations) for row in found]
    }
    if exclude_automations:
        told["exclude_automations"] = True
    body = compact(told)
    if len(body) > BULK_BYTES:
        raise ValueError(f"a bulk import takes at most {BULK_BYTES} bytes, not {len(body)}")
    return body


def bulk_row_size(row: ImportRow) -> int:
    """The most bytes the row takes in a bulk import, its comma included.

    Rows fit when their sizes add up to at most BULK_BYTES - BULK_ENVELOPE.
    """
    return len(compact(bulk_row(row, exclude_automations=True))) + 1


def bulk_answer(body: Any, sent: int) -> BulkQueued | BulkRefused | str:
    """What became of a batch of `sent` rows; a text is a refusal that names no row (§7.1)."""
    batch_id = body.get("batchId")
    if batch_id:
        return BulkQueued(str(batch_id))
    reasons = body.get("failureReasons")
    named = [r for r in reasons if isinstance(r, dict)] if isinstance(reasons, list) else []
    words: dict[int, str] = {}
    numbers = [int(reason["contact"]) for reason in named]
    # One-based in the one recording there is; a zero gives the other reading away.
    first = 0 if 0 in numbers else 1
    for number, reason in zip(numbers, named, strict=True):
        if not 0 <= number - first < sent:
            return f"contact {number}: {redact(_text(reason.get('failureReason')))}"
        said = redact(_text(reason.get("failureReason")))
        before = words.get(number - first)
        words[number - first] = f"{before}; {said}" if before else said
    if words:
        return BulkRefused(tuple(sorted(words.items())))
    told = [str(reason) for reason in reasons] if isinstance(reasons, list) else []
    text = redact(" ".join([_text(body.get("message")), *told]))
    if not text:
        raise ValueError("neither a batch nor a reason")
    return text


def is_bulk_limit(text: str) -> bool:
    """Whether a refusal of a bulk import is its rate limit, which is a 400 (§7.1)."""
    return "rate limit" in text.lower() or "per minute" in text.lower()


def batch_info(body: Any) -> BatchInfo:
    """How far a batch is (activecampaign.md §7.2)."""
    state = str(body["status"]).lower()
    ids = body.get("success")
    failed = body.get("failure")
    mails = [f.get("email") if isinstance(f, dict) else f for f in _listed(failed)]
    return BatchInfo(
        state=state if state in _BATCH_STATES else "unknown",
        contact_ids=frozenset(n for i in _listed(ids) if (n := number(i)) is not None),
        failed_emails=tuple(str(mail) for mail in mails if mail),
    )


def outstanding(body: Any) -> int:
    """The sum of the batches still waiting (activecampaign.md §7.2)."""
    return sum(number(row.get("batches")) or 0 for row in rows(body, "outstanding"))


def moment(text: Any) -> datetime | None:
    """An instant in UTC; None for null, a zero date and a time that names no offset."""
    if not isinstance(text, str) or text.startswith("0000"):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _contact(
    row: Mapping[str, Any],
    values: Sequence[Mapping[str, Any]],
    lists: Sequence[Mapping[str, Any]],
    tags: Mapping[int, str],
    *,
    alone: bool = False,
) -> Contact:
    fields = {}
    for value in values:
        tag = tags.get(number(value.get("field")) or 0)
        if tag:  # values of fields deleted since do occur
            fields[tag] = _text(value.get("value"))
    standing: dict[int, ListStatus] = {}
    left: dict[int, datetime] = {}
    list_rows: dict[int, ListRow] = {}
    for relation in lists:
        list_id = number(relation.get("list"))
        status = _STATUS.get(str(relation.get("status")))
        if list_id is None or status is None:
            continue
        # Where a list has two rows, the one that is not active protects the person.
        if list_id not in standing or status is not ListStatus.ACTIVE:
            standing[list_id] = status
            since = moment(relation.get("udate")) if status is ListStatus.UNSUBSCRIBED else None
            left.pop(list_id, None)
            if since is not None:
                left[list_id] = since  # §5.2: the time of the unsubscription
            if alone:
                list_rows[list_id] = _list_row(relation, status)
    return Contact(
        id=int(row["id"]),
        email=_text(row.get("email")),
        first_name=_text(row.get("firstName")),
        last_name=_text(row.get("lastName")),
        phone=_text(row.get("phone")),
        created=moment(row.get("cdate")),
        updated=moment(row.get("udate")),
        bounced_hard=number(row.get("bounced_hard")) or 0,
        bounced_soft=number(row.get("bounced_soft")) or 0,
        erased=any(str(row.get(key)) in ("1", "True") for key in ("deleted", "anonymized")),
        fields=fields,
        lists=standing,
        left=left,
        list_rows=list_rows,
    )


def _incomplete(found: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> frozenset[int]:
    """Contacts whose own id arrays name rows that the answer lacks."""
    missing = set()
    for key in ("fieldValues", "contactLists"):
        sideload = body.get(key)
        there = {str(item.get("id")) for item in _listed(sideload) if isinstance(item, dict)}
        for row in found:
            own = row.get(key)
            # Without an array of ids the sideload must do; without either `include` was ignored.
            named = {str(item) for item in own} if isinstance(own, list) else set()
            if not named <= there or not (isinstance(own, list) or isinstance(sideload, list)):
                missing.add(int(row["id"]))
    return frozenset(missing)


def _by_contact(sideload: Any) -> defaultdict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _listed(sideload):
        if isinstance(row, dict):
            found[str(row.get("contact"))].append(row)
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def number(value: Any) -> int | None:
    """A whole number of at most 64 bits, as text or not; None for anything else."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) <= MOST_ID else None
