"""The calls to BlueConic's REST API v2 that actui makes (blueconic.md §11, OpenAPI v103)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from actui.api.answer_values import rows, text_id
from actui.api.blueconic import rows as shape
from actui.api.blueconic.token import TokenSource
from actui.api.http import (
    UNSENDABLE,
    WEB_PAGE,
    Answer,
    Call,
    NotReachedError,
    compact,
    exchange,
    page_instead,
    read,
)
from actui.api.retry import DEFAULT_RETRY_POLICY, PageSize, RetryPolicy, with_retry
from actui.api.waits import reading
from actui.model.errors import (
    ActuiError,
    AnswerTooLargeError,
    CredentialsError,
    LostAnswerError,
    RefusedError,
    ServiceError,
)
from actui.model.journal import Traffic
from actui.model.limits import WRITE_ENTRIES
from actui.model.mapping import Rule
from actui.model.records import (
    Lifecycle,
    Objective,
    Profile,
    ProfilePage,
    ProfileWrite,
    Property,
    Segment,
    WriteResult,
)

SERVICE = "BlueConic"
_PAGE = 100
_MOST_PAGES = 1_000
"""A listing that still brings something new after this many pages is broken."""
_NO_PROPERTY = "id"
"""Named to get no property at all: with none named BlueConic sends every one, and this is each
profile's key."""
# Refusals "too busy" and "too many at once": nothing of the request was done.
_UNAPPLIED = frozenset({429, 503})
_FORBIDDEN = 403
_SECOND_LOOK = 0.5
"""Seconds until a denial is verified by a second request."""

T = TypeVar("T")


class BlueConicClient:
    """One tenant. All methods raise the errors of `actui.model.errors` once retries are used up.

    `url` is the tenant's base address as `service_url` returns it. At most `at_once` requests run
    concurrently, because BlueConic answers 429 to more. The caller closes `http`. After a 401 the
    token is replaced once; a 403 that a second request confirms is a CredentialsError that names
    the missing right.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        secret: SecretStr,
        *,
        http: httpx.AsyncClient,
        at_once: int = 2,
        policy: RetryPolicy = DEFAULT_RETRY_POLICY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.traffic = Traffic()
        self._base = f"{url.rstrip('/')}/rest/v2"
        self._http = http
        self._policy = policy
        self._slots = asyncio.Semaphore(at_once)
        self._page_sizes: dict[int, PageSize] = {}
        self._token = TokenSource(
            self._base, client_id, secret, http=http, sending=self._count, clock=clock
        )

    async def properties(self) -> Sequence[Property]:
        """All profile properties (right read:profile-properties)."""
        return await self._all(
            "profileProperties", shape.profile_property, "read:profile-properties"
        )

    async def create_property(self, property_id: str, name: str, type_: str) -> None:
        """Create a profile property of the filter type `type_` (right write:profile-properties).

        An existing property of that id is overwritten, so check first. Safe to repeat.
        """
        body = {
            "id": property_id,
            "name": name,
            "filterType": type_,
            "indexed": False,
            "permissionLevel": "PERSONAL",
            "dataSensitivity": "NON_PII",
            "mergeStrategy": "BOTH",
            "availableForSegmentation": True,
            "showInUI": True,
            "tags": [],
            "values": [],
        }
        path = f"profileProperties/{quote(property_id, safe='')}"
        call = Call(SERVICE, "PUT", f"{self._base}/{path}", content=compact(body))
        await self._ask(call, "write:profile-properties", lambda answer: None)

    async def segments(self) -> Sequence[Segment]:
        """All segments (right read:segments)."""
        return await self._all("segments", shape.segment, "read:segments")

    async def objectives(self) -> Sequence[Objective]:
        """All objectives (right read:objectives)."""
        return await self._all("objectives", shape.objective, "read:objectives")

    async def lifecycles(self) -> Sequence[Lifecycle]:
        """All lifecycles (right read:lifecycles); none where the tenant is too old to know them."""
        try:
            return await self._all("lifecycles", shape.lifecycle, "read:lifecycles")
        except RefusedError as error:
            if error.status == 404:
                return ()
            raise

    async def interactions(self) -> Mapping[str, str] | None:
        """The dialogue's name for each id that `interactions_viewed` may hold.

        That is a dialogue's own id or that of one of its variants (InteractionEventBean). None
        where dialogues cannot be read (403, 404; right read:dialogues).
        """
        try:
            found = await self._all("dialogues", shape.interaction_names, None)
        except RefusedError as error:
            if error.status in (403, 404):
                return None
            raise
        return {id_: name for names in found for id_, name in names}

    async def segment_page(
        self,
        segment_id: str,
        *,
        cursor: str | None,
        count: int,
        properties: Sequence[str],
        expand: Sequence[str] = (),
    ) -> ProfilePage:
        """One page of a segment's profiles; `cursor` None begins, `count` is at most 1,000,000.

        It holds fewer if that many are too large to read; a profile that is too large alone comes
        with its id and `too_large` only. Only the named properties are in the answer; with none
        named BlueConic sends all of them. BlueConic defines order and cursor: a cursor cannot be
        stored, begin again instead.
        """
        at = cursor or "*"
        url = f"{self._base}/segments/{quote(segment_id, safe='')}/profiles"
        named = [("properties", ",".join(properties))] if properties else []
        expanded = [("expand", part) for part in expand]

        async def ask(size: int, *wanted: tuple[str, str]) -> ProfilePage:
            call = Call(SERVICE, "GET", url, params=(("cursor", at), ("count", str(size)), *wanted))
            return await self._ask(
                call, "read:segments", lambda answer: shape.profile_page(answer.body, at)
            )

        sizes = self._page_sizes.setdefault(count, PageSize(count))
        try:
            return await sizes.ask(lambda size: ask(size, *named, *expanded))
        except AnswerTooLargeError:
            page = await ask(1, ("properties", _NO_PROPERTY))
            outlines = [Profile(one.id, too_large=True) for one in page.profiles]
            return replace(page, profiles=outlines)

    async def find_profiles(self, pairs: Sequence[tuple[str, str]]) -> Sequence[str]:
        """The ids of the profiles that have all these (property, value) (right read:profiles).

        Only properties with `indexed: true` can be searched (blueconic.md §11).
        """
        params = tuple(
            param for name, value in pairs for param in (("property", name), ("value", value))
        )
        call = Call(SERVICE, "GET", f"{self._base}/profiles", params=params)
        return await self._ask(call, "read:profiles", lambda a: shape.found_ids(a.body))

    async def profile(self, profile_id: str, *, properties: Sequence[str]) -> Profile | None:
        """One profile with the named properties; None if it is gone (right read:profiles)."""
        call = Call(
            SERVICE,
            "GET",
            f"{self._base}/profiles/{quote(profile_id, safe='')}",
            params=(("properties", ",".join(properties) or _NO_PROPERTY),),
        )
        try:
            return await self._ask(call, "read:profiles", lambda a: shape.profile(a.body))
        except RefusedError as error:
            if error.status == 404:
                return None
            raise

    async def write_profiles(
        self,
        entries: Sequence[ProfileWrite],
        *,
        objectives: Sequence[str] = (),
        once: bool = False,
    ) -> Sequence[WriteResult]:
        """Write up to 1,000 entries, else ValueError (right write:profiles).

        The results are in the order of the entries, fewer after a 413. Raises LostAnswerError if
        the answer did not arrive completely; 429 and 503 refuse all entries and are retried.

        With `once`, for entries that must not be written twice, the request is sent a single time,
        with a new token, and everything but BlueConic's own answer for each entry raises
        LostAnswerError: a proxy that lost its upstream may answer any status after the entries were
        written.
        """
        if not entries:
            return ()
        if len(entries) > WRITE_ENTRIES:
            raise ValueError(f"BlueConic takes at most {WRITE_ENTRIES} entries, not {len(entries)}")
        call = Call(
            SERVICE,
            "PUT",
            f"{self._base}/profiles",
            params=(("objectiveIds", ",".join(objectives)),) if objectives else (),
            content=compact([shape.entry(write) for write in entries]),
            repeatable=False,
            unapplied=_UNAPPLIED,
            accept=frozenset({413}),
        )

        def parse(answer: Answer) -> Sequence[WriteResult]:
            if answer.status == 413 and not isinstance(answer.body, list):
                raise RefusedError(
                    f"{SERVICE} finds {call.endpoint} too large (status 413)", status=413
                )
            return shape.results(answer.body, entries, partial=answer.status == 413)

        if once:
            return await self._ask_once(call, "write:profiles", parse)
        try:
            return await self._ask(call, "write:profiles", parse)
        except RefusedError as error:
            raise _explained(error) from None

    async def _all(
        self, path: str, parse: Callable[[Mapping[str, Any]], T], right: str | None
    ) -> list[T]:
        """Every row of a collection paged by startIndex and count, parsed, each id once.

        The rows are under the collection's own name. Ends at a page that brings nothing new; totals
        are not trusted. Raises ServiceError if that never happens.
        """
        found: dict[str, T] = {}
        size = PageSize(_PAGE)
        start = 0
        for _ in range(_MOST_PAGES):

            def ask(count: int, start: int = start) -> Awaitable[dict[str, T]]:
                params = (("startIndex", str(start)), ("count", str(count)))
                call = Call(SERVICE, "GET", f"{self._base}/{path}", params=params)
                return self._ask(
                    call, right, lambda a: {text_id(r["id"]): parse(r) for r in rows(a.body, path)}
                )

            page = await size.ask(ask)
            if page.keys() <= found.keys():
                return list(found.values())
            found.update(page)
            start += len(page)
        raise ServiceError(f"{SERVICE} went on listing {path} after {_MOST_PAGES:,} pages.")

    async def _ask(self, call: Call, right: str | None, parse: Callable[[Answer], T]) -> T:
        async def send() -> T:
            try:
                answer = await self._answer(call)
            except RefusedError as error:
                if error.status != _FORBIDDEN:
                    raise
                # one alone may come from something on the way; what is sent here may be sent twice
                await asyncio.sleep(_SECOND_LOOK)
                answer = await self._answer(call)
            return read(call, answer, lambda _: parse(answer))

        try:
            return await with_retry(send, host=call.host, policy=self._policy)
        except RefusedError as error:
            if error.status == _FORBIDDEN and error.code == WEB_PAGE:
                raise page_instead(call, _FORBIDDEN) from None
            if error.status == _FORBIDDEN and right:
                raise _right_missing(right, error) from None
            raise

    async def _ask_once(self, call: Call, right: str, parse: Callable[[Answer], T]) -> T:
        """Send a request that must not be sent twice; it is retried only if it was never sent."""

        async def send() -> T:
            async with self._slots:
                auth = await self._token.renewed()
                self._count()
                try:
                    answer = await exchange(self._http, replace(call, auth=auth))
                    return read(call, answer, lambda _: parse(answer))
                except ServiceError as error:
                    if isinstance(error, NotReachedError) or error.code == UNSENDABLE:
                        raise
                    self.traffic.throttled += error.status in (429, 503)
                    lost = _lost(call, error, right)
            raise lost

        return await with_retry(send, host=call.host, policy=self._policy)

    async def _answer(self, call: Call) -> Answer:
        async with self._slots:  # given back while waiting to try again
            return await self._with_token(call)

    async def _with_token(self, call: Call) -> Answer:
        for attempt in (1, 2):
            try:
                auth = await self._token.auth()
                self._count()
                async with reading(self._policy.waits, call.method):
                    return await exchange(self._http, replace(call, auth=auth))
            except ServiceError as error:
                if error.status in (429, 503):
                    self.traffic.throttled += 1
                if error.status != 401:
                    raise
                self._token.refused(auth)
                if attempt == 2:
                    raise _token_refused(call) from None
        raise AssertionError("the second attempt returns or raises")

    def _count(self) -> None:
        self.traffic.requests += 1


def _right_missing(right: str, error: ServiceError) -> CredentialsError:
    message = f" ({error.detail})" if error.detail else ""
    return CredentialsError(
        f"The BlueConic application lacks the right {right}{message}", code="right-missing"
    )


def _token_refused(call: Call) -> CredentialsError:
    return CredentialsError(f"BlueConic at {call.host} refuses the token it has just given")


def _explained(error: RefusedError) -> RefusedError:
    """The refusal, with a hint if it is about the strategy of the rule Sum."""
    words = error.detail.upper()
    if error.status != 400 or not ("STRATEGY" in words or Rule.SUM.strategy in words):
        return error
    return RefusedError(
        f"{error.message}; this tenant may not know the strategy {Rule.SUM.strategy}, "
        "which the rule Sum needs",
        code="strategy-refused",
        status=400,
        detail=error.detail,
    )


def _lost(call: Call, error: ServiceError, right: str) -> LostAnswerError:
    """The error for an answer that is not BlueConic's own for each entry: outcome unknown."""
    if isinstance(error, LostAnswerError):
        return error
    believed: ActuiError = error
    if error.status == 401:
        believed = _token_refused(call)
    elif error.status == _FORBIDDEN:
        believed = _right_missing(right, error)
    elif isinstance(error, RefusedError):
        believed = _explained(error)
    return LostAnswerError(
        f"{error.message}; whether the profiles were written is unknown",
        status=error.status,
        detail=error.detail,
        believed=believed,
    )
