"""A read-only console may call what only reads; everything else of each port is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_type_hints

import pytest

from actui.console.ports import Services
from actui.console.read_only import READS, ReadOnly
from actui.model.errors import ConfigError

CHANGES: dict[str, set[str]] = {
    "home": {"change_settings", "delete"},
    "connections": {"save"},
    "credentials": {"save_secret"},
    "prober": set(),
    "catalog": {"create_properties"},
    "outcomes": set(),
    "previews": set(),
    "starter": {"start", "retry"},
    "reader": {"request_stop"},
}
TIME = {"now", "schedule_trouble"}
"""What the services answer themselves, without a port of its own."""


def members(port: type[object]) -> set[str]:
    return {name for name in vars(port) if not name.startswith("_")}


def port_of(part: str) -> type[object]:
    declared = vars(Services)[part]
    asked = declared.fget if isinstance(declared, property) else declared
    port: type[object] = get_type_hints(asked)["return"]
    return port


class Recorder:
    """Stands in for services and for each of their parts; notes what is called."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name in READS and name != "reader":
            return self
        return lambda *_: self.called.append(name)

    def reader(self, connection: object) -> Recorder:
        return self


def member(services: ReadOnly, part: str, name: str) -> Callable[..., object]:
    of = services.reader(None) if part == "reader" else getattr(services, part)  # type: ignore[arg-type]
    called: Callable[..., object] = getattr(of, name)
    return called


def test_every_part_of_the_services_is_guarded() -> None:
    assert members(Services) - TIME == set(READS) == set(CHANGES)


@pytest.mark.parametrize("part", CHANGES)
def test_every_member_of_a_port_is_known_to_read_or_to_change(part: str) -> None:
    unsorted = members(port_of(part)) ^ (READS[part] | CHANGES[part])
    assert not unsorted, f"say here or in READS whether these of '{part}' change anything"
    assert not READS[part] & CHANGES[part]


@pytest.mark.parametrize(("part", "name"), [(p, n) for p in CHANGES for n in sorted(CHANGES[p])])
def test_a_change_is_refused(part: str, name: str) -> None:
    behind = Recorder()
    with pytest.raises(ConfigError, match="read-only") as refused:
        member(ReadOnly(behind), part, name)("c-1")  # type: ignore[arg-type]
    assert refused.value.code == "read-only"
    assert behind.called == []


@pytest.mark.parametrize("part", CHANGES)
def test_what_a_port_gains_is_refused_until_it_is_known_to_read(part: str) -> None:
    with pytest.raises(ConfigError, match="read-only"):
        member(ReadOnly(Recorder()), part, "gained_tomorrow")()  # type: ignore[arg-type]


@pytest.mark.parametrize(("part", "name"), [(p, n) for p in READS for n in sorted(READS[p])])
def test_what_only_reads_is_answered(part: str, name: str) -> None:
    behind = Recorder()
    member(ReadOnly(behind), part, name)("c-1")  # type: ignore[arg-type]
    assert behind.called == [name]
