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
from actui.model.goals import ANY_LIST, ListStatus
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
# activecampaign.md §5.2; anything else, and the "91" of old exports, may be any of them.
_STATUS = {
    "0": ListStatus.UNCONFIRMED,
    "1": ListStatus.ACTIVE,
    "2": ListStatus.UNSUBSCRIBED,
    "3": ListStatus.BOUNCED,
}
_NO = frozenset({"None", "", "0", "False"})
"""What says that a contact is not erased; whatever else is there may say that it is."""
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
    values, lists = _Sideload(body, "fieldValues"), _Sideload(body, "contactLists")
    on_page = {str(row["id"]) for row in found}
    contacts, missing = [], set[int]()
    for row in found:
        own = str(row["id"])
        contact = _contact(row, values.of(own), lists.of(own), tags)
        contacts.append(contact)
        is_whole = values.is_whole(row, on_page) and lists.is_whole(row, on_page)
        if not is_whole or ListStatus.UNREADABLE in contact.lists.values():
            missing.add(contact.id)
    meta = body.get("meta")
    return ContactPage(
        contacts=contacts,
        total=number(meta.get("total")) if isinstance(meta, dict) else None,
        served_at=answer.served_at,
        missing=frozenset(missing),
        beyond=len(sent) - len(found),
    )


def single_contact(body: Any, tags: Mapping[int, str]) -> Contact:
    """The answer of `GET /contacts/{id}` (activecampaign.md §3.5)."""
    row = body["contact"]
    own = str(row["id"])
    values, lists = _Sideload(body, "fieldValues"), _Sideload(body, "contactLists")
    # every row of this answer is about this contact: one that says otherwise cannot be read
    return _contact(row, values.of(own), lists.all_of(row), tags, alone=True)


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
    """A phrase that keeps addresses out (activecampaign.md §5.5), empty if it cannot be read."""
    phrase = row.get("matchPhrase")
    return Exclusion(phrase if isinstance(phrase, str) else "", _text(row.get("matchType")))


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
    return BatchInfo(
        state=state if state in _BATCH_STATES else "unknown",
        contact_ids=frozenset(n for i in _listed(ids) if (n := number(i)) is not None),
        failed_emails=_failed_emails(body.get("failure")),
    )


def _failed_emails(failed: Any) -> tuple[str, ...] | None:
    """The addresses that were refused; None where it cannot be read which."""
    mails = [one.get("email") if isinstance(one, dict) else one for one in _listed(failed)]
    kept = tuple(one for one in mails if isinstance(one, str) and one)
    return kept if isinstance(failed, list) and len(kept) == len(mails) else None


def outstanding(body: Any) -> int:
    """The sum of the batches still waiting (activecampaign.md §7.2)."""
    found = body["outstanding"]
    if not isinstance(found, list):
        raise TypeError("outstanding")
    # of a number that cannot be read, it is known only that something may be on its way
    counts = [number(row.get("batches")) if isinstance(row, dict) else None for row in found]
    return sum(1 if count is None else count for count in counts)


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
        list_id = _row_id(relation.get("list")) or ANY_LIST
        status = _STATUS.get(str(relation.get("status")), ListStatus.UNREADABLE)
        if list_id == ANY_LIST:
            status = ListStatus.UNREADABLE
        # Where a list has two rows, the one that is not active protects the person.
        if list_id not in standing or status is not ListStatus.ACTIVE:
            standing[list_id] = status
            since = moment(relation.get("udate")) if status is ListStatus.UNSUBSCRIBED else None
            left.pop(list_id, None)
            if since is not None:
                left[list_id] = since  # §5.2: the time of the unsubscription
            if alone and list_id != ANY_LIST:
                list_rows[list_id] = _list_row(relation, status)
    bounces = row.get("bounced_hard")
    if bounces not in (None, "") and number(bounces) is None:
        standing[ANY_LIST] = ListStatus.UNREADABLE  # mail to them may have bounced for good
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
        erased=any(str(row.get(key)) not in _NO for key in ("deleted", "anonymized")),
        fields=fields,
        lists=standing,
        left=left,
        list_rows=list_rows,
    )


class _Sideload:
    """The rows of one kind beside contacts, each with the contact it is about."""

    def __init__(self, body: Mapping[str, Any], key: str) -> None:
        sent = body.get(key)
        self._key = key
        self._is_there = isinstance(sent, list)
        self._rows = [row if isinstance(row, dict) else {} for row in _listed(sent)]
        self._by_contact: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._rows:
            self._by_contact[str(row.get("contact"))].append(row)

    def of(self, contact: str) -> Sequence[Mapping[str, Any]]:
        """The rows that are about a contact."""
        return self._by_contact.get(contact, ())

    def is_whole(self, contact: Mapping[str, Any], on_page: set[str]) -> bool:
        """Whether these are all rows of a contact, by its own array of ids.

        Without such an array the answer must do, if each row of it is somebody's of the page;
        without either `include` was ignored.
        """
        own = contact.get(self._key)
        if not isinstance(own, list):
            return self._is_there and self._by_contact.keys() <= on_page
        there = {str(row.get("id")) for row in self.of(str(contact["id"]))}
        return {str(one) for one in own} <= there

    def all_of(self, contact: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The rows of the answer about one contact alone; what is missing is a row without keys."""
        own, name = contact.get(self._key), str(contact["id"])
        found: list[Mapping[str, Any]] = []
        for row in self._rows:
            is_own = str(row.get("contact")) == name
            found.append(row if is_own else {"list": row.get("list")})
        named = {str(one) for one in own} if isinstance(own, list) else set()
        there = {str(row.get("id")) for row in self._rows}
        if not named <= there or not (isinstance(own, list) or self._is_there):
            found.append({})
        return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _row_id(value: Any) -> int | None:
    """The id of a thing of the account; None for anything else, a truth value among it."""
    found = number(value) if isinstance(value, (str, int)) and value is not True else None
    return found if found is not None and found > 0 else None


def number(value: Any) -> int | None:
    """A whole number of at most 64 bits, as text or not; None for anything else."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) <= MOST_ID else None
