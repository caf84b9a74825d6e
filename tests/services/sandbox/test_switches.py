"""Every switch is read somewhere, and each reading of ActiveCampaign's shows over HTTP."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Literal

import pytest

from actui.sandbox import switches
from actui.sandbox.activecampaign.switches import ACTIVECAMPAIGN_SWITCHES
from actui.sandbox.options import SandboxOptions
from tests.services.sandbox import probes_of_bulk, probes_of_reading, probes_of_writing
from tests.services.sandbox.conftest import opened

PROBES = {**probes_of_reading.PROBES, **probes_of_writing.PROBES, **probes_of_bulk.PROBES}
SANDBOX = Path(inspect.getfile(switches)).parent
CASES = [(name, reading) for name, (_, seen) in PROBES.items() for reading in seen]


def test_every_switch_of_activecampaign_has_a_probe_for_each_reading() -> None:
    readings = {name: set(switch.readings) for name, switch in ACTIVECAMPAIGN_SWITCHES.items()}
    assert {name: set(seen) for name, (_, seen) in PROBES.items()} == readings
    for name, (_, seen) in PROBES.items():
        values = list(seen.values())
        told_apart = [value for value in values if values.count(value) == 1]
        assert told_apart, f"the probe of {name} tells no reading from another"


def test_every_switch_of_activecampaign_names_its_source() -> None:
    for name, switch in ACTIVECAMPAIGN_SWITCHES.items():
        assert re.search(r"§\d", switch.source), name


def test_every_switch_is_read_somewhere() -> None:
    code = "\n".join(
        file.read_text() for file in SANDBOX.rglob("*.py") if file.name != "switches.py"
    )
    assert [name for name in switches.SWITCHES if f'"{name}"' not in code] == []


@pytest.mark.parametrize(("name", "reading"), CASES)
async def test_a_reading_shows(name: str, reading: str) -> None:
    probe, seen = PROBES[name]
    limits: Literal["real", "off"] = (
        "real" if "limited" in inspect.signature(probe).parameters else "off"
    )
    # The first reading is in force without being chosen.
    chosen = {} if reading == ACTIVECAMPAIGN_SWITCHES[name].readings[0] else {name: reading}
    async for ports in opened(SandboxOptions(limits=limits, switches=chosen)):
        assert await probe(ports) == seen[reading]
