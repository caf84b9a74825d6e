"""ActiveCampaign's JSON as actui's own types, and back.

Lenient about extra keys, numbers as text, zero dates and null; strict about ids and the key that
holds the rows. Parsers raise KeyError, TypeError or ValueError for another shape.

Long because it reads every shape of answer that ActiveCampaign has.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from actui.api.answer_values import (
    by_id,
    count,
    id_if_kept,
    items,
    number,
    number_id,
    object_at,
    objects,
    rows,
    text,
    text_id,
)
from actui.api.http import Answer, compact
from actui.api.json_values import MOST_NUMBER
from actui.model.goals import ANY_LIST, ListStatus
from actui.model.limits import BULK_BYTES, BULK_ROWS
from actui.model.mapping import perstag
from actui.model.memberships import Exclusion, ListRow
from actui.model.records import (
    ANY_FIELD,
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

MOST_ID = MOST_NUMBER
_YEARS = range(1970, 2200)
"""Years in which anything of an account can have happened; others are zero dates or mistakes."""
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
"""Values that say that a contact is not erased; any other value may say that it is."""
STATUS_NUMBER = {status: number for number, status in _STATUS.items()}
_BATCH_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}")
"""Other characters, as in a damaged answer, would make requests for a batch that does not exist."""
_BATCH_STATES = frozenset({"waiting", "claimed", "active", "completed", "failed", "interrupted"})


@dataclass(frozen=True, slots=True)
class FieldOption:
    """A value that the custom field with the id `field` accepts."""

    field: int
    order: int
    value: str


def user(body: Any) -> User:
    """The user that the key belongs to (activecampaign.md §2)."""
    found = object_at(body, "user")
    name = f"{text(found.get('firstName'))} {text(found.get('lastName'))}".strip()
    return User(name or text(found.get("username")), text(found.get("email")))


def contact_lists(body: Any) -> dict[int, ContactList]:
    """A page of lists (activecampaign.md §5.1)."""
    return by_id(body, "lists", _contact_list)


def _contact_list(row: Mapping[str, Any]) -> ContactList:
    return ContactList(
        number_id(row["id"]), text(row.get("name")), count(row.get("active_subscribers"))
    )


def contact_fields(body: Any) -> dict[int, ContactField]:
    """A page of custom fields without the values they accept (activecampaign.md §4.1)."""
    return by_id(body, "fields", _contact_field)


def _contact_field(row: Mapping[str, Any]) -> ContactField:
    return ContactField(
        id=number_id(row["id"]),
        tag=perstag(text(row.get("perstag"))),
        title=text(row.get("title")),
        type=text(row.get("type")) or "text",
    )


def field_options(body: Any) -> dict[str, FieldOption]:
    """The accepted values that come with a page of custom fields, by their own ids."""
    found = objects(body.get("fieldOptions"))
    return {
        text(one.get("id")): FieldOption(
            number_id(one.get("field")), number(one.get("orderid")) or 0, text(one.get("value"))
        )
        for one in found
    }


def with_options(
    fields: Sequence[ContactField], options: Iterable[FieldOption]
) -> list[ContactField]:
    """The fields with their accepted values, in the order of `fields`."""
    accepted = sorted(options, key=lambda option: option.order)
    return [
        replace(field, options=tuple(one.value for one in accepted if one.field == field.id))
        for field in fields
    ]


def contact_page(answer: Answer, tags: Mapping[int, str]) -> ContactPage:
    """A page of contacts with the sideloaded rows that belong to each (activecampaign.md §3.4)."""
    body = answer.body
    sent = rows(body, "contacts")
    found = [row for row in sent if id_if_kept(row["id"]) is not None]
    values, lists = _Sideload(body, "fieldValues"), _Sideload(body, "contactLists")
    on_page = {str(row["id"]) for row in found}
    contacts, missing = [], set[int]()
    for row in found:
        own = str(row["id"])
        contact = _contact(row, values.of(own), lists.of(own), tags)
        contacts.append(contact)
        is_whole = values.is_whole(row, on_page) and lists.is_whole(row, on_page)
        is_odd = ListStatus.UNREADABLE in contact.lists.values() or contact.unreadable
        if not is_whole or is_odd:
            missing.add(contact.id)
    meta = body.get("meta")
    return ContactPage(
        contacts=contacts,
        total=count(meta.get("total")) if isinstance(meta, dict) else None,
        served_at=answer.served_at,
        missing=frozenset(missing),
        beyond=len(sent) - len(found),
    )


def single_contact(body: Any, tags: Mapping[int, str]) -> Contact:
    """The answer of `GET /contacts/{id}` (activecampaign.md §3.5)."""
    found = object_at(body, "contact")
    values, lists = _Sideload(body, "fieldValues"), _Sideload(body, "contactLists")
    # every row of this answer is about this contact: one that says otherwise cannot be read
    return _contact(found, values.all_of(found), lists.all_of(found), tags, alone=True)


def own_address(row: Mapping[str, Any], contact_id: int) -> str:
    """A contact's address, empty if missing. Raises ValueError for another contact's row."""
    if number_id(row["id"]) != contact_id:
        raise ValueError("another contact")
    return text(row.get("email"))


def list_row(row: Mapping[str, Any], contact_id: int, list_id: int) -> ListRow:
    """A contact's row on one list (activecampaign.md §5.2)."""
    if (number_id(row["contact"]), number_id(row["list"])) != (contact_id, list_id):
        raise ValueError("another row")
    return _list_row(row, _STATUS[str(row["status"])])


def _list_row(row: Mapping[str, Any], status: ListStatus) -> ListRow:
    # `udate` tells an unsubscription only; `updated_timestamp` moves with every change (§5.2)
    stamps = [row.get(key) for key in ("sdate", "udate", "updated_timestamp")]
    is_odd = any(one is not None and not isinstance(one, str) for one in stamps)
    # without any date nobody can see whether somebody has changed the row
    mark = "" if is_odd or not any(stamps) else "|".join(one or "" for one in stamps)
    joined = moment(stamps[0])
    return ListRow(status, mark, joined, is_undated=joined is None and not _is_unset(stamps[0]))


def _is_unset(value: Any) -> bool:
    """Whether an instant is not set: null, an empty text or a zero date."""
    return value is None or (isinstance(value, str) and (not value or value.startswith("0000")))


def exclusions(body: Any) -> dict[str, Exclusion]:
    """A page of the phrases that exclude addresses, by their ids (activecampaign.md §5.5).

    A phrase that cannot be read is empty.
    """
    return {text_id(text(one["id"])): _exclusion(one) for one in rows(body, "exclusions")}


def _exclusion(row: Mapping[str, Any]) -> Exclusion:
    phrase = row.get("matchPhrase")
    return Exclusion(phrase if isinstance(phrase, str) else "", text(row.get("matchType")))


def bulk_row(row: ImportRow, *, exclude_automations: bool) -> dict[str, Any]:
    """One contact of a bulk import: snake_case, absent keys leave values alone (§7.1)."""
    body: dict[str, Any] = {"email": row.email}
    names = {"first_name": row.first_name, "last_name": row.last_name, "phone": row.phone}
    body.update({key: value for key, value in names.items() if value is not None})
    if row.fields:
        body["fields"] = [{"id": id_, "value": value} for id_, value in row.fields.items()]
    if row.subscribe:
        body["subscribe"] = [{"listid": id_} for id_ in row.subscribe]
    if exclude_automations:
        body["exclude_automations"] = True
    return body


def bulk_body(found: Sequence[ImportRow], *, exclude_automations: bool) -> bytes:
    """The body of a bulk import. Raises ValueError beyond 250 rows or 399,999 bytes.

    `exclude_automations` goes to the top level and into each contact, as the documentation does
    not say which of the two ActiveCampaign reads.
    """
    if not 1 <= len(found) <= BULK_ROWS:
        raise ValueError(f"a bulk import takes 1 to {BULK_ROWS} contacts, not {len(found)}")
    payload: dict[str, Any] = {
        "contacts": [bulk_row(row, exclude_automations=exclude_automations) for row in found]
    }
    if exclude_automations:
        payload["exclude_automations"] = True
    body = compact(payload)
    if len(body) > BULK_BYTES:
        raise ValueError(f"a bulk import takes at most {BULK_BYTES} bytes, not {len(body)}")
    return body


def bulk_row_size(row: ImportRow) -> int:
    """The most bytes the row takes in a bulk import, its comma included.

    Rows fit when their sizes add up to at most BULK_BYTES - BULK_ENVELOPE.
    """
    return len(compact(bulk_row(row, exclude_automations=True))) + 1


def bulk_answer(body: Any, sent: int, *, refused: bool) -> BulkQueued | BulkRefused | str:
    """The result of a batch of `sent` rows; a text is a refusal that names no row (§7.1).

    `refused` is whether the status is an error; without one, only `success: 0` proves that nothing
    was queued.
    """
    told_id = body.get("batchId")
    if told_id not in (None, ""):
        return BulkQueued(_batch_id(told_id))
    if not refused and number(body.get("success", body.get("Success"))) != 0:
        raise ValueError("neither queued nor refused")
    reasons = items(body.get("failureReasons"))
    named = [reason for reason in reasons if isinstance(reason, dict)]
    reasons_by_row: dict[int, str] = {}
    numbers = [_row_number(reason["contact"]) for reason in named]
    # One-based in the one recording there is; a zero gives the other reading away.
    first = 0 if 0 in numbers else 1
    for place, reason in zip(numbers, named, strict=True):
        if not 0 <= place - first < sent:
            return f"contact {place}: {redact(text(reason.get('failureReason')))}"
        message = redact(text(reason.get("failureReason")))
        before = reasons_by_row.get(place - first)
        reasons_by_row[place - first] = f"{before}; {message}" if before else message
    if reasons_by_row:
        return BulkRefused(tuple(sorted(reasons_by_row.items())))
    lines = [str(reason) for reason in reasons]
    refusal = redact(" ".join([text(body.get("message")), *lines]))
    if not refusal:
        raise ValueError("neither a batch nor a reason")
    return refusal


def _batch_id(value: Any) -> str:
    """An id by which a batch can be requested: a UUID, or anything else of plain characters."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError("not an id")
    found = str(value)
    if not _BATCH_ID.fullmatch(found):
        raise ValueError("not an id")
    return found


def _row_number(value: Any) -> int:
    found = count(value)
    if found is None:
        raise ValueError("not the number of a row")
    return found


def is_bulk_limit(refusal: str) -> bool:
    """Whether a refusal of a bulk import is its rate limit, which comes as a 400 (§7.1)."""
    return "rate limit" in refusal.lower() or "per minute" in refusal.lower()


def batch_info(body: Any) -> BatchInfo:
    """The state of a batch (activecampaign.md §7.2)."""
    state = str(body["status"]).lower()
    ids = body.get("success")
    return BatchInfo(
        state=state if state in _BATCH_STATES else "unknown",
        contact_ids=frozenset(n for i in _listed(ids) if (n := number(i)) is not None),
        failed_emails=_failed_emails(body.get("failure")),
    )


def _failed_emails(failed: Any) -> tuple[str, ...] | None:
    """The refused addresses; None if they cannot be read."""
    mails = [one.get("email") if isinstance(one, dict) else one for one in _listed(failed)]
    kept = tuple(one for one in mails if isinstance(one, str) and one)
    return kept if isinstance(failed, list) and len(kept) == len(mails) else None


def outstanding(body: Any) -> int:
    """The number of batches still waiting (activecampaign.md §7.2)."""
    # of a number that cannot be read, it is known only that something may be on its way
    counts = [count(one.get("batches")) for one in rows(body, "outstanding")]
    return sum(1 if known is None else known for known in counts)


def moment(value: Any) -> datetime | None:
    """An instant in UTC; None for null, a zero date, a time without offset and an absurd year."""
    if not isinstance(value, str) or value.startswith("0000"):
        return None
    try:
        found = datetime.fromisoformat(value)
        instant = found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return instant if instant is not None and instant.year in _YEARS else None


def moment_if_set(value: Any) -> datetime | None:
    """As `moment`; raises ValueError for what is neither an instant nor unset."""
    found = moment(value)
    if found is None and not _is_unset(value):
        raise ValueError("not an instant")
    return found


def _contact(
    row: Mapping[str, Any],
    values: Sequence[Mapping[str, Any]],
    lists: Sequence[Mapping[str, Any]],
    tags: Mapping[int, str],
    *,
    alone: bool = False,
) -> Contact:
    fields, unreadable = _fields(values, tags)
    statuses: dict[int, ListStatus] = {}
    left: dict[int, datetime] = {}
    list_rows: dict[int, ListRow] = {}
    for relation in lists:
        list_id = _row_id(relation.get("list")) or ANY_LIST
        status = _STATUS.get(str(relation.get("status")), ListStatus.UNREADABLE)
        if list_id == ANY_LIST:
            status = ListStatus.UNREADABLE
        # Where a list has two rows, the one that is not active protects the person.
        if list_id not in statuses or status is not ListStatus.ACTIVE:
            statuses[list_id] = status
            since = moment(relation.get("udate")) if status is ListStatus.UNSUBSCRIBED else None
            left.pop(list_id, None)
            if since is not None:
                left[list_id] = since  # §5.2: the time of the unsubscription
            if alone and list_id != ANY_LIST:
                list_rows[list_id] = _list_row(relation, status)
    bounces = row.get("bounced_hard")
    if bounces not in (None, "") and number(bounces) is None:
        statuses[ANY_LIST] = ListStatus.UNREADABLE  # mail to them may have bounced for good
    return Contact(
        id=number_id(row["id"]),
        email=text(row.get("email")),
        first_name=text(row.get("firstName")),
        last_name=text(row.get("lastName")),
        phone=text(row.get("phone")),
        created=moment(row.get("cdate")),
        updated=moment(row.get("udate")),
        bounced_hard=number(row.get("bounced_hard")) or 0,
        bounced_soft=number(row.get("bounced_soft")) or 0,
        erased=any(str(row.get(key)) not in _NO for key in ("deleted", "anonymized")),
        fields=fields,
        lists=statuses,
        left=left,
        list_rows=list_rows,
        unreadable=unreadable,
    )


def _fields(
    values: Sequence[Mapping[str, Any]], tags: Mapping[int, str]
) -> tuple[dict[str, str], frozenset[str]]:
    """Texts by tag, and the tags of those that cannot be read, which are not empty."""
    fields: dict[str, str] = {}
    unreadable: set[str] = set()
    for value in values:
        field = _row_id(value.get("field"))
        tag = ANY_FIELD if field is None else tags.get(field)
        if not tag:  # values of fields deleted since do occur
            continue
        try:
            fields[tag] = text(value["value"])
        except (KeyError, TypeError):
            unreadable.add(tag)
    if fields.pop(ANY_FIELD, None) is not None:
        unreadable.add(ANY_FIELD)
    return fields, frozenset(unreadable)


class _Sideload:
    """The sideloaded rows of one kind, each with the contact that it is about."""

    def __init__(self, body: Mapping[str, Any], key: str) -> None:
        sent = body.get(key)
        self._key = key
        self._is_there = isinstance(sent, list)
        self._rows = [row if isinstance(row, dict) else {} for row in _listed(sent)]
        self._by_contact: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._rows:
            self._by_contact[str(row.get("contact"))].append(row)

    def of(self, contact: str) -> Sequence[Mapping[str, Any]]:
        """The rows about a contact."""
        return self._by_contact.get(contact, ())

    def is_whole(self, contact: Mapping[str, Any], on_page: set[str]) -> bool:
        """Whether all rows of a contact are here, judged by its own array of ids.

        Without such an array: whether each row of the answer is about a contact of the page.
        Without either, `include` was ignored.
        """
        own = contact.get(self._key)
        if not isinstance(own, list):
            return self._is_there and self._by_contact.keys() <= on_page
        there = {str(row.get("id")) for row in self.of(str(contact["id"]))}
        return {str(one) for one in own} <= there

    def all_of(self, contact: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The rows of an answer about one contact; a row that is missing has no keys."""
        own, name = contact.get(self._key), str(contact["id"])
        found: list[Mapping[str, Any]] = []
        for row in self._rows:
            is_own = str(row.get("contact")) == name
            found.append(row if is_own else {key: row.get(key) for key in ("list", "field")})
        named = {str(one) for one in own} if isinstance(own, list) else set()
        there = {str(row.get("id")) for row in self._rows}
        if not named <= there or not (isinstance(own, list) or self._is_there):
            found.append({})
        return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _row_id(value: Any) -> int | None:
    """The id of a thing of the account; None for anything else, booleans included."""
    found = number(value)
    return found if found is not None and found > 0 else None
