"""Which proxy a request takes and which certificates are trusted, as the environment says."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from actui.api.network import (
    Setting,
    certificates_in,
    direct_rules,
    parse_proxy,
    proxy_setting,
    tls_context,
)
from actui.model.connection import is_loopback, service_url, webhook_url
from actui.model.errors import ConfigError
from actui.model.settings import MailServer, Settings
from actui.sandbox.local_only import is_loopback_host

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.8.9.1", "[::1]"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_loopback_never_goes_through_a_proxy(scheme: str, host: str) -> None:
    environ = {"ALL_PROXY": PROXY, "HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY}
    assert proxy_setting(httpx.URL(f"{scheme}://{host}:8080/x"), environ) is None
    assert is_loopback(host)


NOT_LOOPBACK = [
    "localhost.example",
    "a.localhost",
    "128.0.0.1",
    "126.255.255.255",
    "10.0.0.1",
    "0.0.0.0",
    "[::2]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
]


@pytest.mark.parametrize("host", [*NOT_LOOPBACK, "", None, "::1%lo", "127.1", "[localhost]"])
def test_what_is_not_loopback(host: str | None) -> None:
    assert not is_loopback(host)
    assert host is None or not is_loopback_host(host)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.255.255.255", "[::1]"]
)
def test_loopback_is_the_same_everywhere(host: str) -> None:
    """For URLs, for the HTTP library, for the pace, for mail without TLS and for the sandbox."""
    url = f"http://{host}:8025"
    assert service_url(url) == url
    assert webhook_url(url) == url
    assert is_loopback(httpx.URL(url).host)
    assert is_loopback_host(host)
    assert Settings(requests_per_second=100).rate_of(url) == 100
    assert MailServer(host=host.strip("[]"), security="none", username="me").host


@pytest.mark.parametrize("host", NOT_LOOPBACK)
def test_plain_http_to_another_machine_is_refused_and_takes_no_proxy(host: str) -> None:
    url = f"http://{host}:8025"
    for accept in (service_url, webhook_url):
        with pytest.raises(ValueError, match="https"):
            accept(url)
    environ = {"ALL_PROXY": PROXY, "HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY}
    assert proxy_setting(httpx.URL(url), environ) is None
    assert Settings(requests_per_second=100).rate_of(url) == 5


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({}, None),
        ({"HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "x"}, "https_proxy"),
        ({"https_proxy": "", "HTTPS_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": " ", "ALL_PROXY": PROXY}, "ALL_PROXY"),
        ({"HTTPS_PROXY": PROXY, "all_proxy": "x"}, "HTTPS_PROXY"),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "other.example", "NO_PROXY": "*"}, "HTTPS_PROXY"),
    ],
)
def test_the_variable_that_counts(environ: dict[str, str], variable: str | None) -> None:
    found = proxy_setting(httpx.URL("https://acme.example/x"), environ)
    assert (found.variable if found else None) == variable


@pytest.mark.parametrize(
    ("text", "url", "is_direct"),
    [
        ("acme.example", "https://acme.example", True),
        ("acme.example", "https://www.acme.example", True),
        ("acme.example", "https://notacme.example", False),
        ("ACME.example.", "https://acme.EXAMPLE", True),
        (".acme.example", "https://www.acme.example", True),
        (".acme.example", "https://acme.example", False),
        ("*.acme.example", "https://www.acme.example", True),
        ("*acme.example", "https://acme.example", True),
        ("acme.example:443", "https://acme.example", True),
        ("acme.example:8443", "https://acme.example", False),
        ("acme.example:8443", "https://acme.example:8443", True),
        ("https://acme.example", "https://acme.example", True),
        ("http://acme.example", "https://acme.example", False),
        ("all://acme.example", "https://acme.example", True),
        ("a.example  b.example\tacme.example", "https://acme.example", True),
        ("a.example,,acme.example,", "https://acme.example", True),
        ("fd00::1", "https://[fd00::1]", True),
        ("[fd00::1]", "https://[fd00::1]:8443", True),
        ("[fd00::1]:443", "https://[fd00::1]:8443", False),
        ("fd00::/8", "https://[fd12::5]", True),
        ("[fd00::]/8", "https://[fd12::5]", True),
        ("fe80::1%eth0", "https://[fe80::1]", True),
        ("10.0.0.0/8", "https://10.9.8.7", True),
        ("10.0.0.5/8", "https://10.9.8.7", True),
        ("10.0.0.0/8", "https://11.9.8.7", False),
        ("10.0.0.0/8", "https://[fd12::5]", False),
        ("10.0.0.0/8", "https://acme.example", False),
        ("10.0.0.0/99", "https://acme.example", False),
        ("10.1.1.1:8443", "https://10.1.1.1:8443", True),
        ("münchen.example", "https://xn--mnchen-3ya.example", True),
        ("[::1,::1", "https://acme.example", False),
    ],
)
def test_what_no_proxy_exempts(text: str, url: str, is_direct: bool) -> None:
    environ = {"HTTPS_PROXY": PROXY, "NO_PROXY": text}
    assert (proxy_setting(httpx.URL(url), environ) is None) == is_direct


def test_an_entry_that_names_nothing_has_no_effect_and_is_known() -> None:
    rules, odd = direct_rules("::1, [::1, a..b, 10.0.0.0/99, x:y:z, http://, \udcff, good.example")
    assert len(rules) == 2
    assert odd == ["[::1", "a..b", "10.0.0.0/99", "x:y:z", "http://", "\udcff"]


@pytest.mark.parametrize(
    ("value", "scheme", "host", "port"),
    [
        ("proxy.example", "http", "proxy.example", None),
        ("proxy.example:3128", "http", "proxy.example", 3128),
        ("http://me:s3cret@proxy.example:3128/", "http", "proxy.example", 3128),
        ("https://proxy.example:3129", "https", "proxy.example", 3129),
        ("socks5://me:s3cret@[::1]:1080", "socks5", "::1", 1080),
        ("SOCKS5H://proxy.example", "socks5h", "proxy.example", None),
    ],
)
def test_a_proxy_that_can_be_used(value: str, scheme: str, host: str, port: int | None) -> None:
    setting = Setting("ALL_PROXY", value)
    proxy = parse_proxy(setting)
    assert (proxy.url.scheme, proxy.url.host, proxy.url.port) == (scheme, host, port)
    assert "s3cret" not in setting.shown + repr(setting)


@pytest.mark.parametrize(
    "value",
    [
        "socks4://me:s3cret@proxy.example",
        "socks://proxy.example",
        "ftp://me:s3cret@proxy.example",
        "http://me:s3cret@",
        "http://",
        "://",
        "me:s3cret",
        "proxy example",
        "http:/proxy.example",
        "proxy.example:0",
        "proxy.example:99999",
        "proxy.example:s3cret",
        "[::1",
        "http://me:s3cret/x@proxy.example:3128",
        "http://me:s3cret#x@proxy.example:3128",
        "http://me:12/s3cret?x@proxy.example:3128",
        "http://me:s3cret@x@proxy.example:99999",
        "\udcff.example:3128",
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_proxy(Setting("ALL_PROXY", value))
    assert "ALL_PROXY" in caught.value.message
    assert "s3cret" not in caught.value.message
    assert "s3cret" not in repr(Setting("ALL_PROXY", value))
    assert caught.value.message.encode()


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("SSL_CERT_FILE", "gone.pem"),
        ("SSL_CERT_FILE", "."),
        ("SSL_CERT_FILE", "empty"),
        ("SSL_CERT_FILE", "garbage"),
        ("SSL_CERT_FILE", "\udcff"),
        ("SSL_CERT_DIR", "gone"),
        ("SSL_CERT_DIR", "empty"),
    ],
)
def test_a_certificate_setting_that_cannot_be_used(
    variable: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "garbage").write_bytes(bytes(range(256)))
    with pytest.raises(ConfigError) as caught:
        tls_context({variable: f"{tmp_path}/{name}"})
    assert caught.value.message.startswith(f"{variable} names {tmp_path}")
    assert caught.value.message.encode()


def test_a_file_of_keys_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/nonexistent/keys")
    with pytest.raises(ConfigError, match=r"SSLKEYLOGFILE names /nonexistent/keys"):
        tls_context({})


def test_certificates_are_always_verified(tmp_path: Path) -> None:
    for environ in ({}, {"SSL_CERT_DIR": f"/gone:{tmp_path}"}):
        context = tls_context(environ)
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
    assert tls_context({}).cert_store_stats()["x509_ca"] > 50


def test_a_folder_counts_the_names_that_openssl_looks_for(tmp_path: Path) -> None:
    for name in ("0a1b2c3d.0", "ca.pem", "0a1b2c3d.1", "README"):
        (tmp_path / name).touch()
    assert certificates_in(Setting("SSL_CERT_DIR", f"/gone:{tmp_path}")) == 2
