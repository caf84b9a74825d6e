"""The rules of a bulk entry applied to one profile's properties (OpenAPI, PUT /profiles).

Nothing is set that no rule lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from actui.sandbox.blueconic.rows import ProfileProperty
from actui.sandbox.blueconic.tenant_catalogue import LEGISLATIONS, READ_ONLY
from actui.sandbox.blueconic.value_checks import wrong_values
from actui.sandbox.switches import Switches

STRATEGIES = ("ADD", "SET", "SET_IF_EMPTY", "INCREMENT", "REMOVE")
RESTRICTIONS = ("ALL_PROFILES", "EXISTING_PROFILES_ONLY", "NEW_PROFILES_ONLY")
NUMBERS = ("RANGE", "DECIMAL", "CURRENCY")


@dataclass(slots=True)
class RuleRun:
    """What the rules make of a profile: its next properties and what was wrong."""

    properties: dict[str, list[str]]
    errors: dict[str, list[str]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)


def run_rules(
    held: Mapping[str, list[str]],
    rules: list[dict[str, Any]],
    known: Mapping[str, ProfileProperty],
    *,
    is_new: bool,
    switches: Switches,
) -> RuleRun:
    """Apply the rules in their order to a copy."""
    run = RuleRun({name: list(values) for name, values in held.items()})
    wanted = "NEW_PROFILES_ONLY" if is_new else "EXISTING_PROFILES_ONLY"
    for rule in rules:
        if rule.get("restriction", "ALL_PROFILES") in ("ALL_PROFILES", wanted):
            _run_rule(run, rule, known, switches)
    ignored = switches["consent-without-zone"] == "ignored"
    if ignored and not run.properties.get("privacy_legislation"):
        for name in ("consented_objectives", "refused_objectives"):
            run.properties[name] = list(held.get(name, []))
    _keep_consent_apart(run)
    run.properties = {name: values for name, values in run.properties.items() if values}
    return run


def _run_rule(
    run: RuleRun,
    rule: dict[str, Any],
    known: Mapping[str, ProfileProperty],
    switches: Switches,
) -> None:
    name, values = rule["id"], [str(value) for value in rule.get("values") or []]
    definition = known.get(name)
    if definition is None:
        run.errors.setdefault(name, []).append("unknown profile property")
        return
    if name in READ_ONLY:
        run.errors.setdefault(name, []).append("read-only profile property")
        return
    strategy = rule.get("strategy", "SET")
    if strategy == "SET" and not any(values) and switches["set-without-values"] == "ignored":
        return
    wrong = [] if strategy == "REMOVE" else wrong_values(definition.kind, values)
    if name == "privacy_legislation":
        wrong += [f"{one!r}: unknown legislation" for one in values if one not in LEGISLATIONS]
    if strategy == "INCREMENT" and definition.kind not in NUMBERS:
        wrong.append(f"cannot be incremented, its type is {definition.kind}")
    if not wrong:
        held = run.properties.get(name, [])
        result, wrong = _combined(definition, strategy, held, values)
        run.properties[name] = result
        run.written.add(name)
    if wrong:
        run.errors.setdefault(name, []).extend(wrong)


def _combined(
    definition: ProfileProperty, strategy: str, held: list[str], values: list[str]
) -> tuple[list[str], list[str]]:
    """The property's next values, and what was wrong with the result."""
    if strategy == "ADD":
        return list(dict.fromkeys([*held, *values])), []
    if strategy == "SET_IF_EMPTY":
        return (held if held else list(dict.fromkeys(values))), []
    if strategy == "REMOVE":
        return [one for one in held if one not in values], []
    if strategy == "INCREMENT":
        try:
            total = _sum(definition.kind, held, values)
        except InvalidOperation:
            # Values from before the property became a number.
            return held, [f"{held[0]!r}: cannot be added to"]
        wrong = wrong_values(definition.kind, [total])
        return (held if wrong else [total]), wrong
    return list(dict.fromkeys(one for one in values if one != "")), []


def _sum(kind: str, held: list[str], values: list[str]) -> str:
    total = sum((Decimal(one) for one in (*held[:1], *values)), Decimal(0))
    return str(int(total)) if kind == "RANGE" else f"{total:f}"


def _keep_consent_apart(run: RuleRun) -> None:
    """An opt-out takes the objective from the consented ones and the reverse."""
    consented = run.properties.get("consented_objectives", [])
    refused = run.properties.get("refused_objectives", [])
    if "refused_objectives" in run.written:
        run.properties["consented_objectives"] = [one for one in consented if one not in refused]
    elif "consented_objectives" in run.written:
        run.properties["refused_objectives"] = [one for one in refused if one not in consented]
