"""The sandbox's ports serve programs on this machine that know the token, and no web page."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from actui.sandbox.local_only import is_loopback_host
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from tests.services.sandbox.conftest import Ports

FOREIGN = ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0", ""]
MINE = ["127.0.0.1", "127.0.0.1:1", "127.9.9.9:80", "localhost", "LOCALHOST:80", "[::1]", "[::1]:1"]
ODD = ["::1", "[127.0.0.1]", "localhost.evil", "127.1", "2130706433", "[::1", "a@127.0.0.1", "*"]
PAGES = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-origin"},
]
LEVERS = [("GET", "/contacts"), ("POST", "/mutate"), ("DELETE", "/requests"), ("OPTIONS", "/clock")]


@pytest.mark.parametrize("host", MINE)
def test_a_loopback_host_is_this_machine(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize("host", [*FOREIGN, *ODD])
def test_any_other_host_is_not(host: str) -> None:
    assert not is_loopback_host(host)


def test_the_ready_line_keeps_its_shape(ports: Ports) -> None:
    assert ports.ready.keys() == {"activecampaign", "blueconic", "control"}
    assert ports.ready["control"].keys() == {"url"}
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[0-9a-f]{32}", ports.ready["control"]["url"])


@pytest.mark.parametrize("host", FOREIGN)
async def test_no_port_answers_to_another_host(ports: Ports, host: str) -> None:
    before = (await ports.control.get("/requests")).json()
    async with httpx.AsyncClient(verify=False) as client:
        for asked in (
            ports.ac.build_request("GET", "/users/me"),
            ports.bc.build_request("GET", "/segments"),
            ports.control.build_request("GET", "/contacts"),
        ):
            asked.headers["Host"] = host
            answer = await client.send(asked)
            assert answer.status_code in (400, 421)
            assert "@" not in answer.text
    assert (await ports.control.get("/requests")).json() == before


async def test_two_hosts_are_none(ports: Ports) -> None:
    answer = await raw(ports, "GET", "/health", "Host: 127.0.0.1", "Host: evil.example")
    assert re.match(rb"HTTP/1\.1 4\d\d ", answer)


async def raw(ports: Ports, method: str, path: str, *headers: str) -> bytes:
    """The answer to a request as it is written here."""
    url = urlsplit(ports.ready["control"]["url"])
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    lines = [f"{method} {url.path}{path} HTTP/1.1", *headers, "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode())
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(("method", "path"), LEVERS)
async def test_no_lever_moves_without_the_token(ports: Ports, method: str, path: str) -> None:
    url = ports.ready["control"]["url"]
    base, _, token = url.rpartition("/")
    async with httpx.AsyncClient(verify=False) as client:
        for wrong in (
            path,
            f"/{'0' * 32}{path}",
            f"/{token[:-1]}{path}",
            f"/{token}0{path}",
            f"/{token.upper()}x{path}",
            f"//{token}{path}",
            f"/é{path}",
        ):
            answer = await client.request(method, base + wrong)
            assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("headers", PAGES, ids=str)
@pytest.mark.parametrize(("method", "path"), LEVERS)
async def test_no_lever_moves_for_a_page_even_with_the_token(
    ports: Ports, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = await ports.control.request(method, path, headers=headers)
    assert (answer.status_code, answer.content) == (403, b"")
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_an_address_that_is_typed_into_a_browser_is_answered(ports: Ports) -> None:
    answer = await ports.control.get("/health", headers={"Sec-Fetch-Site": "none"})
    assert answer.json()["ok"] is True
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_the_token_outlives_a_restart_and_differs_between_sandboxes(tmp_path: Path) -> None:
    few = {"contacts": 3, "profiles": 3}
    urls = []
    (tmp_path / "state").mkdir()
    for name in ("a", "a", "b"):
        async with Sandbox(SandboxOptions(state=tmp_path / "state" / name, **few)) as sandbox:
            urls.append(sandbox.ready["control"]["url"])
    assert urls[0] == urls[1]
    assert urls[2].rpartition("/")[2] != urls[0].rpartition("/")[2]
