"""Check whether a home and its machine allow actui to work; each result is one sentence."""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.metadata
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from actui.api.network import (
    KEY_LOG,
    NO_PROXY,
    PROXY_VARIABLES,
    Setting,
    certificate_setting,
    certificates_in,
    direct_rules,
    find_setting,
    parse_proxy,
    tls_context,
)
from actui.console.formatting import counted
from actui.model.errors import ActuiError
from actui.model.timezones import has_zone_data, time_zone, zone_names
from store.home import Home
from store.key_store import NoKeyStoreError
from store.secrets import Secrets

_LITTLE, _TOO_LITTLE = 1_000_000_000, 100_000_000
"""Bytes: a ledger of a million people takes a few hundred million."""
_PACKAGES = ("actui", "screens", "store")
_REMOTE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p")
_MOUNTS = Path("/proc/mounts")
_SHOWN = 3
_ASK_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check; `code` is the default code of an error's class (errors.py)."""

    about: str
    severity: Literal["ok", "warning", "error"]
    message: str
    code: str = ""


def good(about: str, message: str) -> Check:
    return Check(about, "ok", message)


def doubtful(about: str, message: str) -> Check:
    return Check(about, "warning", message)


def wrong(about: str, message: str, code: str = "configuration") -> Check:
    return Check(about, "error", message, code)


def of_home(home: Home) -> Check:
    """Whether the home can be written and its locks can be trusted."""
    try:
        with tempfile.TemporaryFile(dir=home.root) as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
    except OSError as failure:
        return wrong("home", f"{home.root} cannot be written: {failure.strerror}.")
    if (kind := _file_system(home.root)) in _REMOTE:
        return doubtful(
            "home", f"{home.root} is on {kind}: locks and SQLite need a disk of this machine."
        )
    return good("home", f"{home.root} can be written.")


def _file_system(path: Path) -> str:
    """The type of the file system, by the longest mount point above; empty if unknown."""
    try:
        rows = [line.split() for line in _MOUNTS.read_text(errors="replace").splitlines()]
    except OSError:
        return ""
    above = [row for row in rows if path.is_relative_to(row[1])]
    return max(above, key=lambda row: len(row[1]))[2] if above else ""


def of_permissions(home: Home) -> Check:
    """Whether only the owner can read the home."""
    places = [home.root, *home.root.rglob("*")]
    kinds = [(place, place.lstat()) for place in places if not place.is_symlink()]
    foreign = [place for place, kind in kinds if kind.st_uid != os.geteuid()]
    if foreign:
        return wrong(
            "permissions", f"{_few(foreign)} belong to somebody else: a home belongs to one user."
        )
    open_ = [place for place, kind in kinds if kind.st_mode & 0o077]
    if open_:
        message = f"Others may look at {_few(open_)}: chmod -R go= '{home.root}'"
        return wrong("permissions", message)
    return good("permissions", "Only you can look into the home.")


def _few(places: list[Path]) -> str:
    shown = ", ".join(str(place) for place in places[:_SHOWN])
    return shown + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")


def of_disk(home: Home) -> Check:
    """Whether there is space for the ledgers to grow."""
    free = shutil.disk_usage(home.root).free
    message = f"{free / 1e9:,.1f} GB are free."
    if free < _TOO_LITTLE:
        return wrong("disk", message)
    return doubtful("disk", message) if free < _LITTLE else good("disk", message)


def of_keyring(secrets: Secrets, other_way: bool) -> Check:
    """Which key store answers; a missing one is fine if the settings name another place."""
    try:
        return good("keyring", f"{secrets.try_key_store()} answers.".capitalize())
    except NoKeyStoreError as none:
        message = f"{none.message} Other ways: actui secret status NAME"
        return good("keyring", none.message) if other_way else doubtful("keyring", message)
    except ActuiError as locked:
        return wrong("keyring", locked.message, "credentials")


def of_terminal(environ: Mapping[str, str], size: tuple[int, int] | None, encoding: str) -> Check:
    """Whether this terminal can show the console; commands work everywhere."""
    if size is None:
        return good("terminal", "No terminal here: commands work, the console does not.")
    kind = environ.get("TERM", "")
    if kind in ("", "dumb"):
        return doubtful("terminal", f"TERM is '{kind}': the console needs a terminal's name there.")
    if encoding.lower().replace("-", "") != "utf8":
        return doubtful("terminal", f"The locale is not UTF-8 but {encoding}: use actui --ascii")
    columns, lines = size
    message = f"{kind}, {columns} columns, {lines} lines."
    return (
        good("terminal", message)
        if columns >= 60 and lines >= 20
        else doubtful("terminal", message)
    )


def of_proxies(environ: Mapping[str, str], *, is_used: bool) -> Iterator[Check]:
    """The proxy settings; `is_used` is whether any service is reached over the network."""
    report = wrong if is_used else doubtful
    found = [one for name in PROXY_VARIABLES if (one := find_setting(name, environ))]
    for setting in found:
        if setting.variable.lower() == "http_proxy":
            message = "It is not used: services are reached by https alone."
            yield good("proxy", f"{setting.variable} is {setting.shown}. {message}")
            continue
        try:
            parse_proxy(setting)
        except ActuiError as failure:
            yield report("proxy", failure.message)
        else:
            yield good("proxy", f"{setting.variable} is {setting.shown}.")
    exempt = find_setting(NO_PROXY, environ)
    if exempt:
        _, odd = direct_rules(exempt.value)
        if odd:
            message = f"{exempt.variable}: {', '.join(odd)} names no host and has no effect."
            yield doubtful("proxy", message)
        else:
            yield good("proxy", f"{exempt.variable} is {exempt.value}.")
    if not found:
        yield good("proxy", "None is set: services are reached directly.")


def of_certificates(environ: Mapping[str, str], *, is_used: bool) -> Iterator[Check]:
    """Which certificates are trusted; `is_used` as for proxies."""
    setting = certificate_setting(environ)
    about = "certificates"
    try:
        trusted = tls_context(environ).cert_store_stats()["x509_ca"]
    except ActuiError as failure:
        yield wrong(about, failure.message) if is_used else doubtful(about, failure.message)
    else:
        if setting is None:
            yield good(about, f"{trusted} authorities of certifi are trusted.")
        elif setting.variable == "SSL_CERT_FILE":
            message = f"{trusted} authorities are trusted, those of SSL_CERT_FILE {setting.path}."
            yield good(about, message) if trusted else doubtful(about, message)
        else:
            held = certificates_in(setting)
            message = f"{held} authorities are trusted, those of SSL_CERT_DIR {setting.path}."
            hint = " OpenSSL looks for names as `openssl rehash` gives them."
            yield good(about, message) if held else doubtful(about, message + hint)
    for name in ("SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        unused = environ.get(name)
        if unused and (setting is None or setting.variable != name):
            instead = "SSL_CERT_FILE counts." if setting else "SSL_CERT_FILE would be."
            report = good if setting else doubtful
            yield report(about, f"{name} {Setting(name, unused).path} is not used: {instead}")
    if environ.get(KEY_LOG):
        message = f"{KEY_LOG} is set: whoever reads that file can read what is sent."
        yield doubtful(about, message)


def of_logging_out(environ: Mapping[str, str]) -> Check:
    """Whether a run survives its user's logout, as far as systemd says."""
    user = environ.get("USER") or str(os.geteuid())
    kills = _ask("busctl", "get-property", "org.freedesktop.login1", "/org/freedesktop/login1",
                 "org.freedesktop.login1.Manager", "KillUserProcesses")  # fmt: skip
    lingers = _ask("loginctl", "show-user", user, "--property=Linger", "--value")
    if kills == "b true" and lingers != "yes":
        return doubtful(
            "log-out", f"Logging out ends runs on this host: loginctl enable-linger {user}"
        )
    return good("log-out", "Nothing is known to end runs when you log out.")


def _ask(*argv: str) -> str:
    try:
        done = subprocess.run(
            argv,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASK_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def of_time_zones(used: Iterable[str]) -> Check:
    """Whether this machine knows every time zone that a connection uses; it always knows UTC."""
    for name in used:
        try:
            time_zone(name)
        except ActuiError as failure:
            return wrong("time zones", failure.message)
    if not has_zone_data():
        return doubtful("time zones", "Only UTC is known here; install tzdata to use others.")
    return good("time zones", f"{len(zone_names())} time zones are known.")


def of_package() -> Iterator[Check]:
    """Whether the installed version is the one that runs."""
    roots = {name: Path(str(importlib.import_module(name).__file__)).parent for name in _PACKAGES}
    places = {root.parent for root in roots.values()}
    if len(places) > 1:
        yield wrong("package", f"actui's packages lie apart: {_few(sorted(places))}.")
    try:
        files = importlib.metadata.distribution("actui").files or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    written = {
        Path(str(file.locate())): file.hash.value
        for file in files
        if file.hash is not None and file.parts[0] in _PACKAGES
    }
    if not written:
        yield good("package", "actui runs from its sources: there is nothing to compare them with.")
        return
    changed = [file for file, digest in written.items() if _digest(file) != digest]
    if changed:
        yield wrong("package", f"Changed since it was installed: {_few(changed)}.")
    else:
        yield good("package", f"{counted(len(written), 'file is', 'files are')} as installed.")


def _digest(file: Path) -> str:
    try:
        digest = hashlib.sha256(file.read_bytes()).digest()
    except OSError:
        return ""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
