"""The calls to ActiveCampaign's REST API v3 that actui makes (activecampaign.md §2 to §7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr

from actui.api import activecampaign_rows as shape
from actui.api.http import WEB_PAGE, Answer, Call, exchange, read, unusable
from actui.api.rate import BulkPace, Pace
from actui.api.retry import PATIENT, Patience, persist
from actui.model.errors import (
    CredentialsError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    ServiceError,
)
from actui.model.goals import ListStatus
from actui.model.journal import Traffic
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

SERVICE = "ActiveCampaign"
_PAGE = "100"  # the maximum (activecampaign.md §3.1)
_INCLUDE = ("include", "fieldValues,contactLists")
_DENIALS = 3  # in a row, before a 403 is taken at its word
_BULK_WAIT = 60.0  # its limit is counted by the minute

T = TypeVar("T")


class _KeyAuth(httpx.Auth):
    """Puts the key into the request at the last moment."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Api-Token"] = self._key.get_secret_value()
        yield request


class ActiveCampaignClient:
    """One account. All methods raise the errors of `actui.model.errors` and give up in the end.

    `url` is the account's base address as `service_url` leaves it. `pace` and `bulk_pace` are the
    account's gates; `http` is closed by whoever made it. A 403 becomes CredentialsError only when
    `users/me` is denied three times as well, for it occurs with good keys (§1.2).
    """

    def __init__(
        self,
        url: str,
        key: SecretStr,
        *,
        pace: Pace,
        bulk_pace: BulkPace,
        http: httpx.AsyncClient,
        patience: Patience = PATIENT,
    ) -> None:
        self.traffic = Traffic()
        self._base = f"{url.rstrip('/')}/api/3"
        self._auth = _KeyAuth(key)
        self._pace = pace
        self._bulk_pace = bulk_pace
        self._http = http
        self._patience = patience
        self._tags: dict[int, str] | None = None
        self._tags_lock = asyncio.Lock()

    async def me(self) -> User:
        """The user of the key. Raises CredentialsError when the key is not accepted."""
        return await self._persist(self._probe)

    async def fields(self) -> Sequence[ContactField]:
        """All custom contact fields, from as many pages as there are."""
        found: dict[int, dict[str, Any]] = {}
        options: dict[str, dict[str, Any]] = {}
        async for body in self._pages("fields", found):
            sideload = body.get("fieldOptions")
            for option in sideload if isinstance(sideload, list) else ():
                options[str(option.get("id"))] = option
        all_options = list(options.values())
        fields = [shape.contact_field(row, all_options) for row in found.values()]
        self._tags = {field.id: field.tag for field in fields}
        return fields

    async def lists(self) -> Sequence[ContactList]:
        """All lists the key's user may see, from as many pages as there are."""
        found: dict[int, dict[str, Any]] = {}
        async for _ in self._pages("lists", found):
            pass
        return [shape.contact_list(row) for row in found.values()]

    async def contacts_by_id(
        self,
        *,
        after_id: int = 0,
        before_id: int | None = None,
        list_id: int | None = None,
        status: ListStatus | None = None,
        updated_after: datetime | None = None,
    ) -> ContactPage:
        """At most 100 contacts in rising id order; both bounds are exclusive (§3.6).

        `updated_after` must know its time zone. What the service returns is passed on unchecked:
        filters may have been ignored (§3.1).
        """
        params = [("orders[id]", "ASC"), ("limit", _PAGE), _INCLUDE, ("id_greater", str(after_id))]
        if before_id is not None:
            params.append(("id_less", str(before_id)))
        if list_id is not None:
            params.append(("listid", str(list_id)))
        if status is not None:
            params.append(("status", shape.STATUS_NUMBER[status]))
        if updated_after is not None:
            utc = updated_after.astimezone(UTC)
            params.append(("filters[updated_after]", utc.strftime("%Y-%m-%dT%H:%M:%SZ")))
        return await self._contact_page(params)

    async def highest_contact_id(self) -> ContactPage:
        """The page that holds only the contact with the highest id, without its fields."""
        page = await self._contact_page([("orders[id]", "DESC"), ("limit", "1")])
        return ContactPage(page.contacts[:1], page.total, page.served_at)

    async def contact(self, contact_id: int) -> Contact | None:
        """One contact with all its fields and lists, None when there is none (§3.5)."""
        tags = await self._field_tags()

        def parse(body: Any) -> Contact:
            found = shape.single_contact(body, tags)
            if found.id != contact_id:
                raise ValueError("another contact")
            return found

        try:
            return await self._get(f"contacts/{contact_id}", (), lambda a: parse(a.body))
        except RefusedError as error:
            if error.status == 404:
                return None
            raise

    async def contact_by_email(self, email: str) -> Contact | None:
        """The contact with that address whatever its case, None when the answer holds none.

        Among several the one stored in lower case is preferred, then the oldest.
        """
        page = await self._contact_page([("email", email), ("limit", _PAGE), _INCLUDE])
        wanted = email.lower()
        same = [contact for contact in page.contacts if contact.email.lower() == wanted]
        if not same:
            return None
        found = min(same, key=lambda contact: (contact.email != wanted, contact.id))
        return await self.contact(found.id) if found.id in page.missing else found

    async def bulk_import(
        self, rows: Sequence[ImportRow], *, exclude_automations: bool
    ) -> BulkQueued | BulkRefused:
        """Queue one batch of 1 to 250 rows and at most 399,999 bytes, else ValueError.

        Raises LostAnswerError when it may have been taken without our knowing, RefusedError when
        it was refused for a reason that names no row. Its rate limit is waited out.
        """
        content = shape.bulk_body(rows, exclude_automations=exclude_automations)
        call = Call(
            SERVICE,
            "POST",
            f"{self._base}/import/bulk_import",
            auth=self._auth,
            content=content,
            repeatable=False,
            accept=frozenset({400}),
        )

        async def send() -> BulkQueued | BulkRefused:
            await self._bulk_pace.acquire(len(rows))
            answer = await self._send(call)
            if answer.status == 400 and not isinstance(answer.body, dict):
                raise RefusedError("ActiveCampaign refused the bulk import", status=400)
            told = read(call, answer, lambda body: shape.bulk_answer(body, len(rows)))
            if isinstance(told, str):
                raise self._bulk_refusal(told, answer.status)
            self._bulk_pace.succeeded()
            return told

        return await self._guarded(send)

    async def batch(self, batch_id: str) -> BatchInfo:
        """How far a batch is (§7.2)."""
        params = [("batchId", batch_id)]
        return await self._get("import/info", params, lambda a: shape.batch_info(a.body))

    async def outstanding_batches(self) -> int:
        """How many batches of the account are not finished yet (§7.2)."""
        return await self._get("import/bulk_import", (), lambda a: shape.outstanding(a.body))

    def _bulk_refusal(self, words: str, status: int) -> ServiceError:
        if shape.is_bulk_limit(words):
            self.traffic.throttled += 1
            self._bulk_pace.slow_down(_BULK_WAIT)
            message = f"ActiveCampaign takes no more bulk imports for now: {words}"
            return RetriableError(message, status=status, detail=words, after=_BULK_WAIT)
        message = f"ActiveCampaign refused the bulk import: {words}"
        return RefusedError(message, status=status, detail=words)

    async def _contact_page(self, params: Sequence[tuple[str, str]]) -> ContactPage:
        tags = await self._field_tags()
        return await self._get("contacts", params, lambda a: shape.contact_page(a, tags))

    async def _field_tags(self) -> dict[int, str]:
        async with self._tags_lock:
            if self._tags is None:
                await self.fields()
            return self._tags or {}

    async def _pages(
        self, name: str, found: dict[int, dict[str, Any]]
    ) -> AsyncIterator[dict[str, Any]]:
        """Fill `found` by id and yield each page, up to one that brings nothing new.

        `meta.total` and short pages end nothing: neither is reliable (§3.1, §3.2).
        """
        offset = 0
        while True:
            params = [("limit", _PAGE), ("offset", str(offset))]
            body, rows = await self._get(
                name,
                params,
                lambda a: (a.body, {int(r["id"]): r for r in shape.rows(a.body, name)}),
            )
            if rows.keys() <= found.keys():
                return
            offset += len(rows)
            found.update(rows)
            yield body

    async def _get(
        self, path: str, params: Sequence[tuple[str, str]], parse: Callable[[Answer], T]
    ) -> T:
        call = Call(SERVICE, "GET", f"{self._base}/{path}", auth=self._auth, params=tuple(params))

        async def send() -> T:
            answer = await self._send(call)
            return read(call, answer, lambda _: parse(answer))

        return await self._guarded(send)

    async def _send(self, call: Call) -> Answer:
        await self._pace.acquire()
        self.traffic.requests += 1
        try:
            answer = await exchange(self._http, call)
        except ServiceError as error:
            if error.status in (429, 503):
                self.traffic.throttled += 1
                self._pace.slow_down(getattr(error, "after", None))
            raise
        self._pace.succeeded()
        return answer

    async def _persist(self, send: Callable[[], Awaitable[T]]) -> T:
        return await persist(send, host=httpx.URL(self._base).host, patience=self._patience)

    async def _guarded(self, send: Callable[[], Awaitable[T]]) -> T:
        """`send` with retries; a denial is held against `users/me` before it is believed."""
        denials = 0

        async def attempt() -> T:
            nonlocal denials
            try:
                return await send()
            except ServiceError as error:
                if not _is_denial(error):
                    raise
                await self._held_against_me(error)
                denials += 1
                if error.status not in (401, 403) or denials >= _DENIALS:
                    raise
                raise RetriableError(
                    f"{error.message} although it accepts the key",
                    status=error.status,
                    detail=error.detail,
                ) from None

        return await self._persist(attempt)

    async def _held_against_me(self, denial: ServiceError) -> None:
        try:
            await self._probe()  # raises CredentialsError when it is the key
        except ServiceError:
            # The probe's own trouble must not have a write sent again whose fate is unknown.
            if isinstance(denial, LostAnswerError):
                raise denial from None
            raise

    async def _probe(self) -> User:
        """Ask `users/me` until it answers, at most three times when it denies."""
        call = Call(SERVICE, "GET", f"{self._base}/users/me", auth=self._auth)
        page = False
        for _ in range(_DENIALS):
            try:
                answer = await self._send(call)
            except ServiceError as error:
                if not _is_denial(error):
                    raise
                page = error.code == WEB_PAGE
                continue
            if not isinstance(answer.body, dict) or "user" not in answer.body:
                raise unusable(call, "without saying whose key it is", status=answer.status)
            return read(call, answer, shape.user)
        if page:
            raise CredentialsError(
                f"{call.host} answers with a web page instead of data: "
                "the address is not the account's API URL, or the API key has expired"
            )
        raise CredentialsError(
            f"ActiveCampaign at {call.host} does not accept the API key: "
            "copy it again from Settings, Developer"
        )


def _is_denial(error: ServiceError) -> bool:
    return error.status in (401, 403) or (error.code == WEB_PAGE and error.status == 200)
