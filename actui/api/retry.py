"""Retry requests that may still succeed, and ask for smaller pages where answers are too large."""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from actui.api.http import NotReachedError
from actui.api.waits import Waits
from actui.model.errors import (
    AnswerTooLargeError,
    RetriableError,
    ServiceError,
    UnreachableError,
)

T = TypeVar("T")

# Without a handler, Python would print stamina's notices on the terminal.
logging.getLogger("stamina").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The limits of a retry: a number of attempts, and `seconds` after which none is started.

    A host that was never reached is tried only `unreached` times, since a wrong address stays
    wrong. `waits`, if given, ends the waits between attempts when the run is asked to stop.
    """

    attempts: int = 8
    seconds: float = 180.0
    unreached: int = 3
    waits: Waits | None = None


DEFAULT_RETRY_POLICY = RetryPolicy()


async def with_retry(
    send: Callable[[], Awaitable[T]], *, host: str, policy: RetryPolicy = DEFAULT_RETRY_POLICY
) -> T:
    """The result of `send`, called again after every RetriableError.

    Waits as long as the service asked for (`after`), else exponentially from 1 s to 30 s; both with
    jitter. When the policy is used up, raises the last error, or UnreachableError if no attempt
    reached `host`. Other errors pass at once. Raises StoppedError if the run is asked to stop
    during a wait.
    """
    reached, missed = False, 0

    def wait_for(error: Exception) -> bool | float:
        if isinstance(error, NotReachedError) and not reached and missed >= policy.unreached:
            return False
        return _wait_for(error)

    try:
        attempts = stamina.retry_context(
            on=wait_for,
            attempts=policy.attempts,
            timeout=policy.seconds,
            wait_initial=1.0,
            wait_max=30.0,
            wait_jitter=1.0,
        )
        async for attempt in _stoppable(aiter(attempts), policy.waits):
            with attempt:
                try:
                    return await send()
                except NotReachedError:
                    missed += 1
                    raise
                except ServiceError:
                    reached = True
                    raise
    except NotReachedError as error:
        if reached:
            raise
        raise UnreachableError(
            f"{error.message}; check the address {host} and the network"
        ) from None
    raise AssertionError("the last attempt returns or raises")


async def _stoppable(attempts: AsyncIterator[T], waits: Waits | None) -> AsyncIterator[T]:
    """The attempts; a stop of the run ends the wait before each but the first."""
    yield await anext(attempts)
    while True:
        yield await (anext(attempts) if waits is None else waits.following(attempts))


class PageSize:
    """The number of records per page, reduced while answers are too large."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = most

    async def ask(self, fetch: Callable[[int], Awaitable[T]]) -> T:
        """`fetch` a page of at most so many records, halved until its answer is small enough.

        Raises AnswerTooLargeError if a single record is too large.
        """
        while True:
            size = self._size
            try:
                page = await fetch(size)
            except AnswerTooLargeError:
                if size == 1:
                    raise
                self._size = max(1, size // 2)
            else:
                self._size = min(self._most, 2 * size)
                return page


def _wait_for(error: Exception) -> bool | float:
    if not isinstance(error, RetriableError):
        return False
    if error.after is None:
        return True
    return error.after + random.random()  # noqa: S311 (spreads retries, guards nothing)
