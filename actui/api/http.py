"""Send one request and turn its result into an answer or one of the classes of errors.

Nothing here retries; `actui.api.retry` does, guided by the class of the error.

Long because the ways in which an exchange can fail are sorted side by side.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from actui.api.bodies import ENCODINGS, Body, read_body
from actui.api.json_values import parse_json
from actui.api.network import MachineTransport, certificate_setting, proxy_setting
from actui.model.errors import (
    AnswerTooLargeError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    ServiceError,
    UnreachableError,
)
from actui.model.redaction import redact

# httpx writes every URL at INFO, and URLs hold people's e-mail addresses.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

REDIRECTED = "redirected"
UNSENDABLE = "unsendable"
WEB_PAGE = "web-page"
MOST_BYTES = 16 * 2**20
"""Bytes of one answer, unpacked. A usual page of either service takes a tenth of it."""
TRANSFER_SECONDS = 60.0
"""Seconds that a whole exchange may take beyond the limit for one silent period within it."""
_LONGEST_WAIT = 600.0
_LONGEST_WORDS = 2_000
_LAST_PORT = 65_535
_YEARS = range(1970, 2200)
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
)
NO_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol)
"""Raised by the HTTP library for a URL to which nothing can be sent."""
_UNSENDABLE = (httpx.LocalProtocolError, UnicodeError)
"""Raised by the HTTP library for a header or target that HTTP does not allow, before any byte of
the request is sent. Sending it again is useless."""

_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""Raised by reading a value that is missing or of another type."""

T = TypeVar("T")


class NotReachedError(RetriableError):
    """The request was not sent: no connection to the host.

    `with_retry` turns it into UnreachableError.
    """

    default_code = "unreachable"


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `auth` adds the secret to its headers, so that it is in no local variable.

    `repeatable`: sending it twice does no more than sending it once. `unapplied`: statuses of
    failures that certainly left a write undone, so that it may be sent again. `accept`: statuses
    besides 2xx whose JSON the caller reads itself.
    """

    service: str
    method: str
    url: str
    auth: httpx.Auth | None = None
    params: Sequence[tuple[str, str]] = ()
    content: bytes | None = None
    form: Mapping[str, str] | None = field(default=None, repr=False)
    repeatable: bool = True
    unapplied: frozenset[int] = frozenset({429})
    accept: frozenset[int] = frozenset()

    @property
    def host(self) -> str:
        """The host the request goes to."""
        return urlsplit(self.url).hostname or ""

    @property
    def endpoint(self) -> str:
        """Method and path, for messages; without the query, which may name people."""
        return redact(f"{self.method} {urlsplit(self.url).path}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose status was expected and whose body is JSON."""

    status: int
    body: Any
    served_at: datetime | None


def http_client(
    *, answer_seconds: float = 60.0, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """The HTTP client of one process; the caller closes it.

    Connecting may take 10 s, an answer longer: a write may succeed long after a client gave up.
    Certificates are verified, the machine's proxy and certificate settings count (network.py),
    redirects are not followed and cookies are not kept.
    """
    # Idle connections are dropped before servers usually do (5 s), because a write that meets a
    # connection being closed cannot be distinguished from one that was applied.
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=3.0)
    return httpx.AsyncClient(
        transport=transport or MachineTransport(limits, answer_seconds),
        # what the machine says is read in network.py alone
        trust_env=False,
        timeout=httpx.Timeout(answer_seconds, connect=10.0),
        follow_redirects=False,
        # A session cookie would let ActiveCampaign queue requests behind one another.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


async def exchange(http: httpx.AsyncClient, call: Call) -> Answer:
    """Send `call` once and read its whole answer, within bounds of time and of MOST_BYTES.

    Raises NotReachedError or UnreachableError when nothing was sent, RetriableError when it may be
    sent again, LostAnswerError when a write may have been applied, RefusedError for 4xx,
    AnswerTooLargeError when what was read is larger than MOST_BYTES, and ServiceError for a
    redirect and, with the code `unsendable`, for a request that HTTP does not allow. Errors carry
    no header and no request, and of other libraries' text what `redact` leaves.
    """
    try:
        check_port(call.url)
        request = http.build_request(
            call.method,
            call.url,
            params=list(call.params) or None,
            content=call.content,
            data=call.form,
            headers=_headers(call),
        )
        async with asyncio.timeout((http.timeout.read or 0.0) + TRANSFER_SECONDS):
            response = await http.send(request, auth=call.auth, stream=True)
            try:
                body = await read_body(response, MOST_BYTES)
            finally:
                await response.aclose()
    except (httpx.HTTPError, *NO_ADDRESS, UnicodeError, OSError) as error:
        failure = _transport_failure(call, error)
    else:
        return _sorted(call, response, body)
    # Raised outside the handler: a traceback through httpx would show the request's headers.
    raise failure


def check_port(url: str) -> None:
    """Raise httpx.InvalidURL for a port that TCP does not have; the HTTP library lets it pass."""
    port = httpx.URL(url).port
    if port is not None and port > _LAST_PORT:
        raise httpx.InvalidURL(f"there is no port {port}")


def unusable(
    call: Call, why: str, *, status: int | None = None, code: str | None = None
) -> ServiceError:
    """The error for an answer that cannot be used; `why` completes "… answered …"."""
    message = f"{call.service} at {call.host} answered {call.endpoint} {why}"
    if call.repeatable:
        return RetriableError(message, status=status, code=code)
    return LostAnswerError(
        f"{message}; whether the request was applied is unknown", status=status, code=code
    )


def wrong_host(call: Call, error: ServiceError, check: str) -> UnreachableError | None:
    """The error if a first request failed in a way that shows another server, else None.

    `check` names what the user should look at.
    """
    if error.code == REDIRECTED:
        return UnreachableError(error.message, code=REDIRECTED)
    if error.status in (404, 405, 410):
        return UnreachableError(
            f"{call.host} does not answer as {call.service} does: check {check}", code="wrong-host"
        )
    return None


def page_instead(call: Call, status: int) -> UnreachableError:
    """The error if a page that denies access came in place of the service's own answer."""
    return UnreachableError(
        f"{call.host} answers with a web page instead of data (status {status}): something "
        "on the way, such as a firewall, may refuse the request",
        code=WEB_PAGE,
    )


def read(call: Call, answer: Answer, parse: Callable[[Any], T]) -> T:
    """`parse(answer.body)`. Raises ServiceError if the body has another shape."""
    try:
        return parse(answer.body)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        OverflowError,
        RecursionError,
    ):
        failure = unusable(call, "without the data that was asked for", status=answer.status)
    raise failure


def compact(value: Any) -> bytes:
    """JSON without spaces in UTF-8; a lone surrogate becomes a question mark."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def service_words(body: Any) -> str:
    """The service's explanation, redacted, from any error body of activecampaign.md §1.2."""
    return redact(" ".join(dict.fromkeys(part.strip() for part in _words(body) if part.strip())))


def _words(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for item in body:
            yield from _words(item)
    elif isinstance(body, dict):
        for key in ("message", "title", "detail", "failureReason", "error_description"):
            if isinstance(body.get(key), str):
                yield body[key]
        for key in ("errors", "failureReasons"):
            yield from _words(body.get(key))
        if not isinstance(body.get("error_description"), str) and isinstance(
            body.get("error"), str
        ):
            yield body["error"]


def _headers(call: Call) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": ENCODINGS}
    if call.content is not None:
        headers["Content-Type"] = "application/json"
    return headers


def _transport_failure(call: Call, error: Exception) -> ServiceError | UnreachableError:
    reason = redact(error) or type(error).__name__
    if _certificate_failed(error):
        return UnreachableError(
            f"The certificate of {call.host} could not be verified ({reason}); {_trusted()}",
            code="certificate",
        )
    if isinstance(error, NO_ADDRESS):
        return UnreachableError(
            f"The address of {call.service} is not a valid web address ({reason}): check the URL",
            code="no-address",
        )
    if isinstance(error, _UNSENDABLE):
        # its text quotes what is wrong with the request, which may be a header
        return ServiceError(
            f"The request to {call.service} could not be sent: HTTP does not allow what is in it "
            f"({type(error).__name__})",
            code=UNSENDABLE,
        )
    if isinstance(error, _NEVER_SENT):
        proxy = proxy_setting(httpx.URL(call.url))
        through = f" through the proxy {proxy.shown} of {proxy.variable}" if proxy else ""
        return NotReachedError(
            f"{call.service} at {call.host} could not be reached{through} ({reason})"
        )
    if isinstance(error, httpx.TimeoutException):
        why = "with nothing in time"
    elif isinstance(error, TimeoutError):
        why = "too slowly to be waited for"
    elif isinstance(error, httpx.DecodingError):
        why = "with a body that could not be unpacked"
    else:
        why = f"with a connection that broke off ({reason})"
    return unusable(call, why)


def _trusted() -> str:
    """Where to put the certificate authority that was missing."""
    setting = certificate_setting()
    if setting is None:
        return "SSL_CERT_FILE may name the authority to trust"
    return f"the authorities to trust are those of {setting.variable}, {setting.path}"


def _certificate_failed(error: BaseException | None) -> bool:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # chains of errors can be circular
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def _sorted(call: Call, response: httpx.Response, body: Body) -> Answer:
    status = response.status_code
    if 300 <= status < 400:
        target = _host(response.headers.get("Location", "")) or "another page"
        raise ServiceError(
            f"{call.host} points to {target} instead of answering {call.endpoint}: "
            "is that the right address?",
            code=REDIRECTED,
            status=status,
        )
    is_wanted = 200 <= status < 300 or status in call.accept
    if is_wanted and not body.is_whole:
        raise _too_large(call, status)
    is_page = _is_page(response, body.content)
    value, is_json = (None, False) if is_page else _json(body.content)
    if is_wanted and is_json:
        return Answer(status, value, _http_date(response.headers.get("Date")))
    if 200 <= status < 300:
        raise _no_json(call, status, body.content, is_page=is_page)
    detail = "" if is_page else service_words(value) if is_json else _plain_words(body.content)
    suffix = f": {detail}" if detail else ""
    if status in (408, 425, 429) or status >= 500:
        if call.repeatable or status in call.unapplied:
            raise RetriableError(
                f"{call.service} at {call.host} is busy (status {status} to {call.endpoint})"
                f"{suffix}",
                status=status,
                detail=detail,
                after=_retry_after(response.headers),
            )
        raise LostAnswerError(
            f"{call.service} at {call.host} failed (status {status} to {call.endpoint}){suffix}; "
            "whether the request was applied is unknown",
            status=status,
            detail=detail,
        )
    raise RefusedError(
        f"{call.service} refused {call.endpoint} (status {status}){suffix}",
        code=WEB_PAGE if is_page else None,
        status=status,
        detail=detail,
    )


def _host(location: str) -> str:
    """The host of a redirect's target, as a message may name it; empty if there is none."""
    try:
        return redact(httpx.URL(location).host)
    except (httpx.InvalidURL, ValueError):  # an address that is none in whatever way
        return ""


def _too_large(call: Call, status: int) -> ServiceError:
    what = f"with more than {MOST_BYTES / 2**20:,.0f} MiB"
    if not call.repeatable:
        return unusable(call, what, status=status)
    return AnswerTooLargeError(
        f"{call.service} at {call.host} answered {call.endpoint} {what}", status=status
    )


def _no_json(call: Call, status: int, content: bytes, *, is_page: bool) -> ServiceError:
    if not content.strip():
        return unusable(call, "with an empty body", status=status)
    if is_page:
        why = "with a web page instead of data: is that the right address?"
        return unusable(call, why, status=status, code=WEB_PAGE)
    return unusable(call, "with a body that is cut off or no JSON", status=status)


def _json(content: bytes) -> tuple[Any, bool]:
    # The declared type is no help: ActiveCampaign calls JSON `text/plain` (activecampaign.md §1.2).
    try:
        return parse_json(content), True
    except ValueError:
        return None, False


def _is_page(response: httpx.Response, content: bytes) -> bool:
    kind = response.headers.get("Content-Type", "")
    return bool(content.strip()) and ("html" in kind or content.lstrip()[:1] == b"<")


def _plain_words(content: bytes) -> str:
    return redact(content[:_LONGEST_WORDS].decode("utf-8", "replace"), 200)


def _http_date(text: str | None) -> datetime | None:
    """An HTTP date in UTC; None if it is none, or far from the present.

    Watermarks are made of it: with a year far ahead nothing would ever count as changed.
    """
    try:
        moment = parsedate_to_datetime(text or "")
        found = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year in _YEARS else None


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait; a date counts from the answer's own `Date`, not from this machine's clock.

    None for a date without `Date`, since the difference between the clocks is unknown.
    """
    text = headers.get("Retry-After")
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        moment, served_at = _http_date(text), _http_date(headers.get("Date"))
        if moment is None or served_at is None:
            return None
        seconds = (moment - served_at).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT) if seconds == seconds else None  # noqa: PLR0124
