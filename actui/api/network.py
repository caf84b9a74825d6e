"""How requests leave this machine: through which proxy, trusting which certificates.

The settings are the environment variables that curl and httpx read. Each is read only for a request
that needs it, so that a broken one does no harm elsewhere: this machine itself (`is_loopback`) and
plain http are always reached directly, and only https needs certificates.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

import certifi
import httpx
from socksio import SOCKSError

from actui.model.connection import is_loopback
from actui.model.errors import ConfigError
from actui.model.web_url import host_trouble

PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy")
"""Lower case; the upper-case spelling counts if the lower-case one is not set."""
NO_PROXY = "no_proxy"
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""The first one that is set counts."""
KEY_LOG = "SSLKEYLOGFILE"
"""If it is set, Python writes the keys of each TLS connection to the file that it names."""
CODE = "machine-settings"
_PROXY_KINDS = ("http", "https", "socks5", "socks5h")
_HIDDEN = "…"
_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[\w.-]+)(:[0-9]{1,5})?")
_ENTRY = re.compile(r"(?:(?P<scheme>\w+)://)?(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]+))?")
_CORRECT_IT = "Correct the variable or unset it."


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable of the environment and its value, which may hold a password."""

    variable: str
    value: str = field(repr=False)

    @property
    def shown(self) -> str:
        """A proxy's address without user name and password, for a person."""
        scheme, marker, rest = self.value.rpartition("://")
        address = re.split(r"[/?#]", rest.rpartition("@")[2])[0]
        kind = scheme if re.fullmatch(r"\w*", scheme) else _HIDDEN
        # what is no host and port may be a password that was put in the wrong place
        return f"{kind}{marker}{address if _HOST_AND_PORT.fullmatch(address) else _HIDDEN}"

    @property
    def path(self) -> str:
        """A file or folder, for a person; bytes that are not UTF-8 are escaped."""
        return os.fsencode(self.value).decode("utf-8", "backslashreplace")


def find_setting(name: str, environ: Mapping[str, str]) -> Setting | None:
    """A proxy variable that is set and not empty; the lower-case spelling comes first."""
    variable = name if name in environ else name.upper()
    value = environ.get(variable, "").strip()
    return Setting(variable, value) if value else None


def proxy_setting(url: httpx.URL, environ: Mapping[str, str] = os.environ) -> Setting | None:
    """The variable that names the proxy for a request; None if it goes directly.

    Only https goes through a proxy: plain http is for this machine alone.
    """
    if url.scheme != "https" or is_loopback(url.host):
        return None
    found = find_setting("https_proxy", environ) or find_setting("all_proxy", environ)
    if found is None:
        return None
    exempt = find_setting(NO_PROXY, environ)
    rules = direct_rules(exempt.value)[0] if exempt else []
    return None if any(rule.covers(url) for rule in rules) else found


def parse_proxy(setting: Setting) -> httpx.Proxy:
    """The proxy that a variable names. Raises ConfigError, without the password in it."""
    text = setting.value if "://" in setting.value else f"http://{setting.value}"
    where = f"{setting.variable} ({setting.shown})"
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.raw_host and url.scheme not in _PROXY_KINDS:
        kinds = f"{', '.join(_PROXY_KINDS[:-1])} or {_PROXY_KINDS[-1]}"
        raise _unusable(f"{where} is a kind of proxy that cannot be used: it must be {kinds}.")
    port = 1 if url.port is None else url.port
    is_host = not host_trouble(url.netloc.decode("ascii").removesuffix(f":{url.port}"))
    # a sign in a password that is not escaped ends the host there
    is_cut = "@" in f"{url.path}{url.query!r}{url.fragment}"
    if not is_host or is_cut or _HIDDEN in setting.shown or not 0 < port < 65_536:
        hint = "; write / ? # @ in a password as %2F %3F %23 %40" if "@" in text else ""
        example = "such as http://proxy.example.com:3128"
        raise _unusable(f"{where} is not the address of a proxy {example}{hint}.")
    return httpx.Proxy(url)


def _unusable(trouble: str) -> ConfigError:
    return ConfigError(trouble, code=CODE, advice=_CORRECT_IT)


@dataclass(frozen=True, slots=True)
class DirectRule:
    """One entry of NO_PROXY: hosts that are reached directly.

    A name covers itself and its subdomains; one that begins with a dot covers only the subdomains.
    """

    scheme: str = ""
    name: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None

    def covers(self, url: httpx.URL) -> bool:
        """Whether a request for this URL goes directly."""
        if self.scheme not in ("", "all", url.scheme):
            return False
        port = url.port or (443 if url.scheme == "https" else 80)
        if self.port not in (None, port):
            return False
        host = url.raw_host.decode("ascii").strip("[]").lower()
        if self.network is not None:
            try:
                return ip_address(host) in self.network
            except ValueError:
                return False
        if self.name in ("*", host):
            return True
        return host.endswith(self.name if self.name.startswith(".") else f".{self.name}")


def direct_rules(text: str) -> tuple[list[DirectRule], list[str]]:
    """The rules of a NO_PROXY value, and its entries that are not valid and have no effect."""
    rules, odd = [], []
    for entry in re.split(r"[\s,]+", text):
        rule = _direct_rule(entry)
        if rule is not None:
            rules.append(rule)
        elif entry:
            odd.append(entry)
    return rules, odd


def _direct_rule(entry: str) -> DirectRule | None:
    """Parse a name, `*`, an address with or without brackets, CIDR, a port or a scheme."""
    if network := _network(re.sub(r"^\[([^\]]*)\](?=/|$)", r"\1", entry)):
        return DirectRule(network=network)
    found = _ENTRY.fullmatch(entry)
    if found is None or not found["host"]:
        return None
    scheme, port = (found["scheme"] or "").lower(), int(found["port"]) if found["port"] else None
    if network := _network(found["host"].strip("[]")):
        return DirectRule(scheme, network=network, port=port)
    name = found["host"].lower()
    if name != "*":
        name = name.lstrip("*")
    try:
        ascii_name = name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    is_name = re.fullmatch(r"\*|\.?[\w-]+(\.[\w-]+)*\.?", ascii_name)
    return DirectRule(scheme, ascii_name.rstrip("."), port=port) if is_name else None


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """An address or a range of addresses; the zone of a link-local one is ignored."""
    try:
        return ip_network(re.sub(r"%[^/]*", "", text), strict=False)
    except ValueError:
        return None


def certificate_setting(environ: Mapping[str, str] = os.environ) -> Setting | None:
    """The variable that names the trusted certificates; None for those of certifi."""
    found = (Setting(name, environ[name]) for name in CERTIFICATE_VARIABLES if environ.get(name))
    return next(found, None)


def tls_context(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """The TLS context for the services: certificates are verified, by the environment's settings.

    Raises ConfigError that names the variable which cannot be used.
    """
    setting = certificate_setting(environ)
    try:
        if setting is None:
            return ssl.create_default_context(cafile=certifi.where())
        if setting.variable == "SSL_CERT_FILE":
            return ssl.create_default_context(cafile=setting.value)
        if not list(_folders(setting)):
            raise _unusable(f"SSL_CERT_DIR names {setting.path}, which is not a folder.")
        return ssl.create_default_context(capath=setting.value)
    except ssl.SSLError:
        named = setting or Setting("certifi", certifi.where())
        trouble = f"{named.variable} names {named.path}, which holds no certificate."
        raise _unusable(trouble) from None
    except OSError as failure:
        # only the file of keys is named by the error
        blamed = Setting(KEY_LOG, str(failure.filename)) if failure.filename else setting
        if blamed is None:
            raise
        use = "written" if blamed.variable == KEY_LOG else "read"
        trouble = f"{blamed.variable} names {blamed.path}, which cannot be {use}: "
        raise _unusable(f"{trouble}{failure.strerror}.") from None


def system_tls_context(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """The TLS context for the organization's own servers: the system's authorities count, too.

    Raises ConfigError as `tls_context`, and where OpenSSL would silently trust nobody.
    """
    tls_context(environ)
    return ssl.create_default_context()


def _folders(setting: Setting) -> Iterator[Path]:
    for name in setting.value.split(os.pathsep):
        if name and (folder := Path(name)).is_dir():
            yield folder


def certificates_in(setting: Setting) -> int:
    """How many files in SSL_CERT_DIR have a name that OpenSSL looks up (`c_rehash` gives it)."""
    hashed = re.compile(r"[0-9a-f]{8}\.\d+")
    return sum(
        1 for folder in _folders(setting) for file in folder.iterdir() if hashed.match(file.name)
    )


class MachineTransport(httpx.AsyncBaseTransport):
    """Sends each request as the machine's proxy and certificate settings require.

    Raises ConfigError, before anything is sent, if a setting that the request needs cannot be used;
    else the exceptions of httpx. `seconds` bounds a request through a proxy up to the head of its
    answer, since the handshake with a SOCKS proxy has no time limit of its own.
    """

    def __init__(
        self, limits: httpx.Limits, seconds: float, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._limits = limits
        self._seconds = seconds
        self._environ = environ
        self._transports: dict[tuple[Setting | None, bool], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it directly or through a proxy."""
        setting = proxy_setting(request.url, self._environ)
        transport = self._transport(setting, is_encrypted=request.url.scheme == "https")
        try:
            if setting is None:
                return await transport.handle_async_request(request)
            async with asyncio.timeout(self._seconds), _closed_on_failure(request):
                return await transport.handle_async_request(request)
        except TimeoutError:
            raise httpx.ReadTimeout("", request=request) from None
        except UnicodeError:  # the resolver's: a part of the host is longer than names have
            raise httpx.ConnectError("not a host name", request=request) from None
        except (SOCKSError, AssertionError):
            if setting is None:
                raise
            raise httpx.ProxyError("not the answer of a SOCKS5 proxy", request=request) from None

    def _transport(
        self, setting: Setting | None, *, is_encrypted: bool
    ) -> httpx.AsyncHTTPTransport:
        key = setting, is_encrypted
        if key not in self._transports:
            proxy = parse_proxy(setting) if setting else None
            # without encryption nothing is trusted, and nothing need be loaded
            needs_tls = is_encrypted or (proxy is not None and proxy.url.scheme == "https")
            trusted = (
                tls_context(self._environ) if needs_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            )
            if proxy is not None and proxy.url.scheme == "https":
                proxy.ssl_context = trusted
            self._transports[key] = httpx.AsyncHTTPTransport(
                verify=trusted, limits=self._limits, proxy=proxy, trust_env=False
            )
        return self._transports[key]

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()


@asynccontextmanager
async def _closed_on_failure(request: httpx.Request) -> AsyncIterator[None]:
    """Close the connection of a request that fails: httpcore leaks it in a SOCKS handshake."""
    opened: list[Any] = []

    async def trace(event: str, info: dict[str, Any]) -> None:
        if event.endswith("connect_tcp.complete"):
            opened.append(info["return_value"])

    request.extensions = {**request.extensions, "trace": trace}
    try:
        yield
    except BaseException:
        for stream in opened:
            await stream.aclose()
        raise
