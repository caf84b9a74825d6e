"""Connection files (actui/README.md §4): YAML to a `Connection` and back, with line numbers.

No I/O: text in, text out. No secret has a place in the format.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from actui.model.characters import BIDI, escaped
from actui.model.connection import Connection, usable_url, webhook_url
from actui.model.errors import ConfigError
from actui.model.goals import replace_named
from actui.model.mailbox import parse_address
from actui.model.redaction import brief, problem_text, redact
from actui.model.yaml_text import TAG, YamlMistake, is_almost_a_number, parse

VERSION = 1
_KINDS = ("import", "export")
_NO_TEXT = {
    f"{TAG}int": "a number",
    f"{TAG}float": "a number",
    f"{TAG}bool": "true or false",
    f"{TAG}timestamp": "a date",
}
"""What YAML reads an unquoted word as, when it is no text."""
_TEXT_MEANT = ("string_type", "model_type")
_NUMBER_MEANT = ("int_type", "int_from_float")
_MOST_SENTENCES = 20
_BIDI = re.compile(f"[{BIDI}]")
_ABOUT_ID = """\
  # apply updates the connection of this id, also under another name or with other accounts;
  # to make a new one of this file, leave the id out and give it another name
"""


_BREAKS = "\x85\u2028\u2029"
"""Line ends to YAML, which `load` takes only as escapes."""


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what `load` would refuse without them."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    style = "'" if is_almost_a_number(text) else None
    if _BIDI.search(text) or any(one in text for one in _BREAKS):
        style = '"'  # where they are written as escapes
    return dumper.represent_scalar(f"{TAG}str", text, style=style)


_Dumper.add_representer(str, _quoted)


def load(text: str, source: str = "") -> Connection:
    """The connection in a file's text.

    Raises ConfigError with the line of the first mistakes (`file:line: sentence`).
    """
    try:
        node, data = parse(text)
    except YamlMistake as wrong:
        raise ConfigError(_at(source, wrong.line, redact(wrong.message)), code="yaml") from None
    if not isinstance(data, dict) or not isinstance(node, MappingNode):
        raise ConfigError(_at(source, 1, "a connection file starts with 'version: 1'"), code="yaml")
    for key in data:
        if key not in ("version", "connection"):
            raise ConfigError(_at(source, _line(node, (key,)), f"unknown key '{brief(key)}'"))
    if type(data.get("version")) is not int or data["version"] != VERSION:
        raise ConfigError(
            _at(source, _line(node, ("version",)), f"'version' must be {VERSION}"), code="version"
        )
    body = data.get("connection")
    if not isinstance(body, dict):
        raise ConfigError(_at(source, 1, "the key 'connection' is missing"))
    try:
        connection = Connection.model_validate(_with_kinds(body, node, source))
    except ValidationError as wrong:
        raise ConfigError(_sentences(wrong, node, source)) from None
    _refuse_unusable(connection, node, source)
    return connection


def _refuse_unusable(connection: Connection, node: Node, source: str) -> None:
    """Addresses to which nothing could be sent.

    Stored connections open whatever they hold, since an earlier version took more.
    """
    notify = connection.notify
    checks: list[tuple[Callable[[str], str], str, tuple[str | int, ...]]] = [
        (usable_url, connection.activecampaign.url, ("activecampaign", "url")),
        (usable_url, connection.blueconic.url, ("blueconic", "url")),
        *(
            (parse_address, recipient, ("notify", "recipients", number))
            for number, recipient in enumerate(notify.recipients)
        ),
    ]
    if notify.webhook is not None:
        checks.append((webhook_url, notify.webhook, ("notify", "webhook")))
    for check, value, where in checks:
        line = _line(node, ("connection", *where))
        try:
            check(value)
        except ValueError as wrong:
            raise ConfigError(_at(source, line, f"{where[-1]}: {redact(wrong)}")) from None
        except ConfigError as failure:
            raise ConfigError(_at(source, line, failure.message), code=failure.code) from None


def dump(connection: Connection) -> str:
    """The file's text for a connection; `load` of it gives the same connection again."""
    body = connection.model_dump(mode="json", by_alias=True)
    body["goals"] = [{facts.pop("kind"): facts} for facts in body["goals"]]
    tree = {"version": VERSION, "connection": replace_named(body, _short)}
    text = yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=96)
    # control characters are escaped by now; a terminal that shows the file obeys others too
    return _BIDI.sub(lambda found: escaped(found[0]), text)


def dump_file(connection: Connection) -> str:
    """`dump` with a word on its id, for somebody who copies the file and changes it."""
    above, key, below = dump(connection).partition("connection:\n")
    return f"{above}{key}{_ABOUT_ID}{below}"


def _short(named: dict[str, Any], _key: str) -> Any:
    """A thing without an id as its bare name, as people write it."""
    return named["name"] if named["id"] is None else named


def _with_kinds(body: dict[str, Any], node: MappingNode, source: str) -> dict[str, Any]:
    goals = body.get("goals")
    if not isinstance(goals, list):
        return body
    flat = []
    for number, item in enumerate(goals):
        if not (isinstance(item, dict) and len(item) == 1 and next(iter(item)) in _KINDS):
            line = _line(node, ("connection", "goals", number))
            raise ConfigError(_at(source, line, "a goal starts with 'import:' or 'export:'"))
        kind, facts = next(iter(item.items()))
        if not isinstance(facts, dict):
            line = _line(node, ("connection", "goals", number))
            raise ConfigError(_at(source, line, f"the {kind} goal is empty"))
        if "kind" in facts:
            line = _line(node, ("connection", "goals", number, kind, "kind"))
            raise ConfigError(_at(source, line, "unknown key 'kind'"))
        flat.append({"kind": kind, **facts})
    return {**body, "goals": flat}


def _sentences(wrong: ValidationError, node: Node, source: str) -> str:
    lines = []
    problems = wrong.errors(include_url=False, include_context=False, include_input=False)
    for problem in problems[:_MOST_SENTENCES]:
        path = ("connection", *problem["loc"])
        at, key, line = _found(node, path)
        if problem["type"] == "extra_forbidden":
            message = f"unknown key '{brief(str(path[-1]))}'"
        elif problem["type"] == "union_tag_not_found":
            message = f"{key}: it needs a type"
        elif problem["type"] == "missing":
            message = f"the key '{path[-1]}' is missing"
        elif problem["type"] in _TEXT_MEANT and isinstance(at, ScalarNode) and at.tag in _NO_TEXT:
            kind = _NO_TEXT[at.tag]
            shown = brief(at.value)
            message = f'{key}: {shown} is {kind} where a text is meant; write "{shown}"'
        elif problem["type"] in _NUMBER_MEANT and isinstance(at, ScalarNode) and at.tag in _NO_TEXT:
            message = f"{key}: {brief(at.value)} is not a whole decimal number"
        elif problem["type"] in _TEXT_MEANT and at.tag == f"{TAG}null":
            message = f"{key}: a text is missing"
        else:
            message = f"{key}: {problem_text(problem)}"
        lines.append(_at(source, line, message))
    more = len(problems) - _MOST_SENTENCES
    if more > 0:
        lines.append(f"{source or 'the text'}: {more:,} more mistakes")
    return "\n".join(dict.fromkeys(lines))


def _at(source: str, line: int, message: str) -> str:
    return f"{source}:{line}: {message}" if source else f"line {line}: {message}"


def _line(node: Node, path: tuple[Any, ...]) -> int:
    """The line where a path stands, or the nearest that exists above it."""
    return _found(node, path)[2]


def _found(node: Node, path: tuple[Any, ...]) -> tuple[Node, str, int]:
    """What stands at a path, or at the nearest above it: the node, its key, its line.

    Steps that only validation knows (the name of a union's member) are passed over.
    """
    at, line = "", node.start_mark.line + 1
    for step in path:
        if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        elif isinstance(node, MappingNode):
            for key, value in node.value:
                if isinstance(key, ScalarNode) and key.value == str(step):
                    node, at, line = value, key.value, key.start_mark.line + 1
                    break
    return node, at, line
