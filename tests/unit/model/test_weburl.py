"""What is taken as a web address is one to the HTTP library and to sockets as well."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actui.api.http import check_port
from actui.model.web_url import host_trouble, url_trouble

FINE = [
    "https://acme.api-us1.com",
    "https://acme",
    "https://ACME.example.",
    "https://acme.example:1",
    "https://acme.example:65535/base/path",
    "https://acme.example:",
    "http://127.0.0.1:8080",
    "https://[::1]:8080",
    "https://[2001:db8::1]",
    "https://bücher.example",
    "https://xn--bcher-kva.example",
    "https://例え.テスト",
    "https://under_score.example",
]
NOT_FINE = [
    "",
    "acme",
    "https://",
    "https:///path",
    "https://acme:abc",
    "https://acme:0",
    "https://acme:65536",
    "https://acme:-1",
    "https://acme:８０",
    "https://acme:1:2",
    "https://acme:" + "9" * 5000,
    "https://xn--",
    "https://a.xn--",
    "https://xn--a",
    "https://user:secret@acme.example",
    "https://user@acme.example",
    "https://@acme.example",
    "https://:secret@acme.example",
    "https://acme.example?",
    "https://acme.example?a=1",
    "https://acme.example#",
    "https://acme.example#top",
    "https://ac me.example",
    "https://acme.example/a b",
    "https://acme\n.example",
    "https://acme\t.example",
    "https://acme\x1b[31m.example",
    "https://acme\u202e.example",
    "https://acme\ud83d.example",
    "https://acme\\@evil.example",
    "https://-acme.example",
    "https://acme-.example",
    "https://acme..example",
    "https://.acme",
    "https://" + "a" * 64,
    "https://" + ".".join(["a" * 60] * 5),
    "https://1.2.3",
    "https://1.2.3.4.5",
    "https://256.1.1.1",
    "https://01.2.3.4",
    "https://2130706433",
    "https://0x7f000001",
    "https://[::1",
    "https://::1",
    "https://[::1]x",
    "https://[::1]8080",
    "https://[fe80::1%eth0]",
    "https://[v1.a]",
    "https://[]",
    "https://acme／evil.example",
    "https://acme%2eexample",
    "https://{acme}",
    "ftp://acme.example",
    "javascript:alert(1)",
    "https://acme.example/" + "a" * 3000,
]


def is_one_to_all(url: str) -> None:
    """Raise where the HTTP library or a socket would."""
    check_port(url)
    parsed = httpx.URL(url)
    assert parsed.host
    parsed.raw_host.decode("ascii").strip("[]").encode("idna")
    httpx.Request("GET", url)


@pytest.mark.parametrize("url", FINE)
def test_an_address_that_can_be_used_is_taken(url: str) -> None:
    assert url_trouble(url) == ""
    is_one_to_all(url)


@pytest.mark.parametrize("url", NOT_FINE)
def test_what_is_no_address_has_a_reason_that_repeats_nothing_of_it(url: str) -> None:
    said = url_trouble(url)
    assert said
    assert "secret" not in said
    assert said.isascii()


def test_a_webhook_may_have_a_query() -> None:
    assert url_trouble("https://hooks.example/a?b=c&d=@x", takes_query=True) == ""


@given(
    url=st.one_of(
        st.text(max_size=60).map("https://{}".format),
        st.lists(
            st.sampled_from(
                [
                    *"abz09.-_:/?#@[]%＠。ß\u00ad\u200d",
                    "xn--",
                    "https://",
                    "::",
                    "255",
                    "bücher",
                    "0x1",
                ]
            ),
            max_size=12,
        ).map(lambda parts: "https://" + "".join(parts)),
    )
)
@example("https://xn--nxasmq6b._x")
@example("https://a\u00ad")
@example("https://faß.de")
def test_nothing_is_taken_that_could_not_be_used(url: str) -> None:
    if not url_trouble(url, takes_query=True):
        is_one_to_all(url)


@pytest.mark.parametrize("host", ["mail", "mail.example", "[::1]", "127.0.0.1", "bücher.example"])
def test_a_mail_server_is_named_like_any_host(host: str) -> None:
    assert host_trouble(host) == ""


@pytest.mark.parametrize("host", ["xn--", "a..b", "mail:25", "a" * 64, "-a", "1.2.3", "[::g]", "*"])
def test_a_mail_server_has_a_name_that_sockets_take(host: str) -> None:
    assert host_trouble(host)
