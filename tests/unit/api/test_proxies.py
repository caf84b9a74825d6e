"""A request through a proxy, over real sockets, and proxies that do not do their work."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from actui.api.http import Call, NotReachedError, exchange, http_client
from actui.api.network import MachineTransport
from actui.model.errors import ConfigError, RetriableError, UnreachableError
from tests.unit.api.proxies import (
    answering,
    certificate_of,
    http_proxy,
    listening,
    service,
    socks_proxy,
)

HOST = "acme.example"
CALL = Call("Acme", "GET", f"https://{HOST}/x")
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without settings."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
async def test_a_service_is_reached_through_a_proxy_that_wants_a_password(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate_of(HOST, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with service(pem) as port, http_proxy(port) as proxy:
        monkeypatch.setenv(variable, f"http://me:s3cret@127.0.0.1:{proxy.port}")
        async with http_client() as http:
            assert (await exchange(http, CALL)).body == {}
    assert proxy.targets == [f"{HOST}:443"]


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_a_service_is_reached_through_socks(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate_of(HOST, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with service(pem) as port, socks_proxy(port) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
        async with http_client() as http:
            assert (await exchange(http, CALL)).body == {}
    assert proxy.targets == [f"{HOST}:443"]


async def test_a_certificate_that_the_setting_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate_of(HOST, tmp_path)
    (tmp_path / "other").mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_of("b.example", tmp_path / "other")))
    async with service(pem) as port, socks_proxy(port) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{proxy.port}")
        async with http_client() as http:
            with pytest.raises(UnreachableError, match="SSL_CERT_FILE") as caught:
                await exchange(http, CALL)
    assert str(tmp_path / "other") in caught.value.message


async def test_a_proxy_that_refuses_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    async with http_proxy(9) as proxy, http_client() as http:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:wr0ng@127.0.0.1:{proxy.port}")
        with pytest.raises(NotReachedError) as caught:
            await exchange(http, CALL)
    said = caught.value.message
    assert f"through the proxy http://127.0.0.1:{proxy.port} of HTTPS_PROXY" in said
    assert "wr0ng" not in said


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize(
    "replies",
    [
        (b"",),
        (b"HTTP/1.1 200 OK\r\n\r\n",),
        (b"\x05",),
        (b"\x05\xff",),
        (b"\x05\x02",),
        (b"\x05\x00", b""),
        (b"\x05\x00", b"\x05\x01\x00\x01\x00\x00\x00\x00\x00\x00"),
        (b"\x05\x00", b"garbage that is no answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n",),
    ],
)
async def test_a_proxy_that_is_something_else(
    scheme: str, replies: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with answering(*replies) as port, http_client() as http:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{port}")
        with pytest.raises((RetriableError, UnreachableError), match=HOST):
            await exchange(http, CALL)


async def test_a_proxy_that_says_nothing_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(serve) as port:
        environ = {"ALL_PROXY": f"socks5://127.0.0.1:{port}"}
        transport = MachineTransport(httpx.Limits(), 0.01, environ)
        async with http_client(transport=transport) as http:
            with pytest.raises(RetriableError, match="nothing in time"):
                await exchange(http, CALL)


async def test_nothing_is_sent_where_a_setting_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("ALL_PROXY", "socks4://127.0.0.1:1"), ("SSL_CERT_FILE", "/gone.pem")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            async with http_client() as http:
                with pytest.raises(ConfigError, match=name):
                    await exchange(http, CALL)


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "a..example", f"{'a.' * 140}example"])
async def test_a_host_that_no_resolver_takes(host: str) -> None:
    async with http_client() as http:
        with pytest.raises(NotReachedError):
            await exchange(http, Call("Acme", "GET", f"https://{host}/x"))
