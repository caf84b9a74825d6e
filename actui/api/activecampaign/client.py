"""The calls to ActiveCampaign's REST API v3 that actui makes (activecampaign.md §2 to §8)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import SecretStr

from actui.api.activecampaign import rows as shape
from actui.api.activecampaign.account import PAGE, SERVICE, AccountSession
from actui.api.activecampaign.activity import CampaignActivity
from actui.api.answer_values import object_at
from actui.api.http import Call, compact, read
from actui.api.rate import BulkRateLimiter, RateLimiter
from actui.api.retry import DEFAULT_RETRY_POLICY, PageSize, RetryPolicy
from actui.model.addresses import canonical
from actui.model.errors import AnswerTooLargeError, RefusedError, RetriableError, ServiceError
from actui.model.goals import ANY_LIST, ListStatus
from actui.model.memberships import Exclusion, ListRow
from actui.model.records import (
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

_INCLUDE = ("include", "fieldValues,contactLists")
_BULK_WAIT = 60.0  # its limit is counted by the minute


class ActiveCampaignClient:
    """One account. All methods raise the errors of `actui.model.errors` once retries are used up.

    `url` is the account's base address as `service_url` returns it. `pace` and `bulk_pace` are the
    account's rate limiters for requests and bulk imports. The caller closes `http`. `activity`
    reads what people did with campaigns.
    """

    def __init__(
        self,
        url: str,
        key: SecretStr,
        *,
        pace: RateLimiter,
        bulk_pace: BulkRateLimiter,
        http: httpx.AsyncClient,
        policy: RetryPolicy = DEFAULT_RETRY_POLICY,
    ) -> None:
        self._session = AccountSession(url, key, pace=pace, http=http, policy=policy)
        self._bulk_pace = bulk_pace
        self._tags: dict[int, str] | None = None
        self._tags_lock = asyncio.Lock()
        self._page_size = PageSize(PAGE)
        self.traffic = self._session.traffic
        self.activity = CampaignActivity(self._session)

    async def me(self) -> User:
        """The user of the key. Raises CredentialsError if the key is not accepted."""
        return await self._session.retried(self._session.probe)

    async def fields(self) -> Sequence[ContactField]:
        """All custom contact fields."""
        options: dict[str, shape.FieldOption] = {}

        def parse(body: Any) -> dict[int, ContactField]:
            found = shape.contact_fields(body)
            options.update(shape.field_options(body))
            return found

        fields = shape.with_options(await self._session.all_rows("fields", parse), options.values())
        self._tags = {field.id: field.tag for field in fields}
        return fields

    async def lists(self) -> Sequence[ContactList]:
        """All lists that the key's user may see."""
        return await self._session.all_rows("lists", shape.contact_lists)

    async def contacts_by_id(
        self,
        *,
        after_id: int = 0,
        before_id: int | None = None,
        list_id: int | None = None,
        status: ListStatus | None = None,
        updated_after: datetime | None = None,
        created_after: datetime | None = None,
        ids: Sequence[int] = (),
    ) -> ContactPage:
        """At most 100 contacts in rising id order; both bounds are exclusive (§3.6).

        With `ids`, at most 100, of these alone (§3.1). Fewer where a page is too large to be read;
        a contact that alone is comes without its fields and lists, as `too_large`. Both instants
        must know their time zone. What the service returns is passed on unchecked: filters may
        have been ignored (§3.1).
        """
        params = [("orders[id]", "ASC"), _INCLUDE, ("id_greater", str(after_id))]
        if before_id is not None:
            params.append(("id_less", str(before_id)))
        if list_id is not None:
            params.append(("listid", str(list_id)))
        if status is not None:
            params.append(("status", shape.STATUS_NUMBER[status]))
        for name, moment in (("updated_after", updated_after), ("created_after", created_after)):
            if moment is not None:
                utc = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                params.append((f"filters[{name}]", utc))
        params += [("ids[]", str(one)) for one in ids]
        try:
            return await self._page_size.ask(
                lambda limit: self._contact_page([*params, ("limit", str(limit))])
            )
        except AnswerTooLargeError:
            return await self._outlines([*params, ("limit", "1")])

    async def highest_contact_id(self) -> ContactPage:
        """The page that holds only the contact with the highest id, without its fields.

        Ids larger than 64 bits are counted in `beyond` and not returned.
        """
        asked = [("orders[id]", "DESC"), ("limit", "1")]
        page = await self._contact_page(asked)
        beyond = page.beyond
        if beyond and not page.contacts:
            page = await self._contact_page([*asked, ("id_less", str(shape.MOST_ID + 1))])
        return ContactPage(page.contacts[:1], page.total, page.served_at, beyond=beyond)

    async def contact(self, contact_id: int) -> Contact | None:
        """One contact with all its fields and lists; None if there is none (§3.5)."""
        tags = await self._field_tags()

        def parse(body: Any) -> Contact:
            found = shape.single_contact(body, tags)
            if found.id != contact_id:
                raise ValueError("another contact")
            return found

        try:
            return await self._session.get(f"contacts/{contact_id}", (), lambda a: parse(a.body))
        except RefusedError as error:
            if error.status == 404:
                return None
            raise
        except AnswerTooLargeError:
            bounds = [("id_greater", str(contact_id - 1)), ("id_less", str(contact_id + 1))]
            page = await self._outlines([*bounds, ("limit", "1")])
            return next((one for one in page.contacts if one.id == contact_id), None)

    async def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """The contacts that ActiveCampaign finds by an address, in any spelling of it.

        ActiveCampaign compares exact values, so ask for every spelling (`addresses.spellings`).
        Contacts that were not erased come first, then those in the same case, in lower case, and
        the oldest.
        """
        asked = [("email", email), ("limit", str(PAGE))]
        try:
            page = await self._contact_page([*asked, _INCLUDE])
        except AnswerTooLargeError:
            # without their fields and lists, for which each is read alone
            page = await self._contact_page(asked)
        form, lower = canonical(email), email.lower()
        same = [one for one in page.contacts if canonical(one.email) == form]
        whole = [await self.contact(one.id) if one.id in page.missing else one for one in same]
        return sorted(
            (one for one in whole if one is not None),
            key=lambda one: (one.erased, one.email.lower() != lower, one.email != lower, one.id),
        )

    async def rename_contact(self, contact_id: int, email: str) -> str:
        """Give a contact another address (§6). Safe to repeat.

        Returns the address as it is stored now: an account may change its letter case. Raises
        RefusedError: 404 if there is no such contact, 422 if the address is another contact's or
        not accepted.
        """
        return await self._put_contact(contact_id, {"email": email}) or email

    async def write_contact(self, contact_id: int, row: ImportRow) -> None:
        """Set names and fields of a contact by its id. Raises as `rename_contact`."""
        body: dict[str, Any] = {}
        names = {"firstName": row.first_name, "lastName": row.last_name, "phone": row.phone}
        body.update({key: value for key, value in names.items() if value is not None})
        body["fieldValues"] = [
            {"field": str(id_), "value": value} for id_, value in row.fields.items()
        ]
        await self._put_contact(contact_id, body)

    async def _put_contact(self, contact_id: int, payload: dict[str, Any]) -> str:
        """The contact's address after the write; empty if the answer lacks it."""
        call = Call(
            SERVICE,
            "PUT",
            f"{self._session.base}/contacts/{contact_id}",
            auth=self._session.auth,
            content=compact({"contact": payload}),
        )
        return await self._session.call(
            call, lambda body: shape.own_address(object_at(body, "contact"), contact_id)
        )

    async def set_list_status(self, contact_id: int, list_id: int, status: ListStatus) -> ListRow:
        """Set a contact's status on one list and return the row as it is now (§5.2).

        Sent once. Setting active over unsubscribed does resubscribe, so check first, also before
        sending it again. Raises LostAnswerError if the outcome is unknown, RetriableError if the
        service is busy or was not reached, RefusedError 404 without such a contact or list, 401 or
        403 for a denial although the key is good. No status proves that nothing was done.
        """
        relation = {
            "list": list_id,
            "contact": contact_id,
            "status": int(shape.STATUS_NUMBER[status]),
            "sourceid": 4,
        }
        call = Call(
            SERVICE,
            "POST",
            f"{self._session.base}/contactLists",
            auth=self._session.auth,
            content=compact({"contactList": relation}),
            repeatable=False,
        )
        return await self._session.call_once(
            call, lambda body: shape.list_row(object_at(body, "contactList"), contact_id, list_id)
        )

    async def exclusions(self) -> Sequence[Exclusion]:
        """The phrases that keep addresses out of every import (§5.5)."""
        return await self._session.all_rows("lists/exclusions", shape.exclusions)

    async def bulk_import(
        self, rows: Sequence[ImportRow], *, exclude_automations: bool
    ) -> BulkQueued | BulkRefused:
        """Queue one batch of 1 to 250 rows and at most 399,999 bytes, else ValueError.

        Raises LostAnswerError if it may have been queued without an answer, RefusedError if it was
        refused for a reason that names no row. Waits for the rate limit.
        """
        content = shape.bulk_body(rows, exclude_automations=exclude_automations)
        call = Call(
            SERVICE,
            "POST",
            f"{self._session.base}/import/bulk_import",
            auth=self._session.auth,
            content=content,
            repeatable=False,
            accept=frozenset({400}),
        )

        async def send() -> BulkQueued | BulkRefused:
            await self._bulk_pace.acquire(len(rows))
            answer = await self._session.send(call)
            if answer.status == 400 and not isinstance(answer.body, dict):
                raise RefusedError(f"{SERVICE} refused {call.endpoint} (status 400)", status=400)
            is_refusal = answer.status == 400
            result = read(
                call, answer, lambda body: shape.bulk_answer(body, len(rows), refused=is_refusal)
            )
            if isinstance(result, str):
                raise self._bulk_refusal(call, result, answer.status)
            self._bulk_pace.succeeded()
            return result

        return await self._session.guarded(send)

    async def batch(self, batch_id: str) -> BatchInfo:
        """How far a batch is (§7.2)."""
        params = [("batchId", batch_id)]
        return await self._session.get("import/info", params, lambda a: shape.batch_info(a.body))

    async def outstanding_batches(self) -> int:
        """How many batches of the account are not finished yet (§7.2)."""
        return await self._session.get(
            "import/bulk_import", (), lambda a: shape.outstanding(a.body)
        )

    def _bulk_refusal(self, call: Call, reason: str, status: int) -> ServiceError:
        if shape.is_bulk_limit(reason):
            self._session.traffic.throttled += 1
            self._bulk_pace.slow_down(_BULK_WAIT)
            message = f"{SERVICE} takes no more bulk imports for now ({call.endpoint}): {reason}"
            return RetriableError(message, status=status, detail=reason, after=_BULK_WAIT)
        message = f"{SERVICE} refused {call.endpoint} (status {status}): {reason}"
        return RefusedError(message, status=status, detail=reason)

    async def _outlines(self, params: Sequence[tuple[str, str]]) -> ContactPage:
        """A page of contacts without fields and lists, for contacts that are too large to read."""
        page = await self._contact_page([one for one in params if one != _INCLUDE])
        unread = {ANY_LIST: ListStatus.UNREADABLE}
        outlines = [replace(one, too_large=True, lists=unread) for one in page.contacts]
        return replace(page, contacts=outlines, missing=frozenset())

    async def _contact_page(self, params: Sequence[tuple[str, str]]) -> ContactPage:
        tags = await self._field_tags()
        return await self._session.get("contacts", params, lambda a: shape.contact_page(a, tags))

    async def _field_tags(self) -> dict[int, str]:
        async with self._tags_lock:
            if self._tags is None:
                await self.fields()
            return self._tags or {}
