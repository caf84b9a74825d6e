"""Post facts about a run to a webhook of the user's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from actui.api.http import NO_ADDRESS, check_port, http_client
from actui.model.errors import RefusedError, UnreachableError


async def post_facts(url: str, facts: Mapping[str, Any], *, seconds: float) -> None:
    """POST the facts as JSON; any 2xx is success. Raises an ActuiError with one sentence.

    The sentence names only the host: the rest of a webhook's URL is as secret as a password.
    """
    where = f"The webhook at {urlsplit(url).hostname}"
    try:
        check_port(url)
        async with (
            asyncio.timeout(seconds),
            http_client(answer_seconds=seconds) as http,
            # its status says it all, however much it sends beside
            http.stream("POST", url, json=facts) as answer,
        ):
            pass
    except (TimeoutError, httpx.TimeoutException):
        raise UnreachableError(f"{where} did not answer within {seconds:.0f} s.") from None
    except (httpx.HTTPError, *NO_ADDRESS, UnicodeError, OSError):
        raise UnreachableError(f"{where} could not be reached.") from None
    if not answer.is_success:
        raise RefusedError(f"{where} answered {answer.status_code}.")
