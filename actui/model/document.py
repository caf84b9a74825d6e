"""Connection files (design §11): YAML to a `Connection` and back, with line numbers for mistakes.

No I/O: text in, text out. No secret has a place in the format.
"""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.goals import Named
from actui.model.redaction import redact

VERSION = 1
_KINDS = ("import", "export")
_ABOUT_ID = """\
  # apply updates the connection of this id, also under another name or with other accounts;
  # to make a new one of this file, leave the id out and give it another name
"""


def load(text: str, source: str = "") -> Connection:
    """The connection in a file's text.

    Raises ConfigError with the line of the first mistakes (`file:line: sentence`).
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        said = redact(getattr(wrong, "problem", None) or "this is not YAML")
        raise ConfigError(_at(source, mark.line + 1 if mark else 1, said), code="yaml") from None
    if not isinstance(data, dict) or not isinstance(node, MappingNode):
        raise ConfigError(_at(source, 1, "a connection file starts with 'version: 1'"), code="yaml")
    _refuse_doubled_keys(node, source)
    for key in data:
        if key not in ("version", "connection"):
            raise ConfigError(_at(source, _line(node, (key,)), f"unknown key '{key}'"))
    if data.get("version") != VERSION:
        raise ConfigError(
            _at(source, _line(node, ("version",)), f"'version' must be {VERSION}"), code="version"
        )
    body = data.get("connection")
    if not isinstance(body, dict):
        raise ConfigError(_at(source, 1, "the key 'connection' is missing"))
    try:
        return Connection.model_validate(_with_kinds(body, node, source))
    except ValidationError as wrong:
        raise ConfigError(_sentences(wrong, node, source)) from None


def dump(connection: Connection) -> str:
    """The file's text for a connection; `load` of it gives the same connection again."""
    body = connection.model_dump(mode="json", by_alias=True)
    goals = zip(connection.goals, body["goals"], strict=True)
    body["goals"] = [{goal.kind: facts} for goal, facts in goals]
    tree = {"version": VERSION, "connection": _short(body)}
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=96)


def dump_file(connection: Connection) -> str:
    """`dump` with a word on its id, for somebody who copies the file and changes it."""
    above, key, below = dump(connection).partition("connection:\n")
    return f"{above}{key}{_ABOUT_ID}{below}"


def _short(value: Any) -> Any:
    """Write a `Named` without id as its bare name, as people do."""
    if isinstance(value, dict):
        if value.keys() == Named.model_fields.keys() and value["id"] is None:
            return value["name"]
        return {key: _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list) else value


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
    for problem in wrong.errors(include_url=False, include_context=False, include_input=False):
        path = ("connection", *problem["loc"])
        key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
        if problem["type"] == "extra_forbidden":
            said = f"unknown key '{path[-1]}'"
        elif problem["type"] == "union_tag_not_found":
            said = f"{key}: it needs a type"
        elif problem["type"] == "missing":
            said = f"the key '{path[-1]}' is missing"
        else:
            said = f"{key}: {redact(problem['msg'].removeprefix('Value error, '))}"
        lines.append(_at(source, _line(node, path), said))
    return "\n".join(dict.fromkeys(lines))


def _at(source: str, line: int, said: str) -> str:
    return f"{source}:{line}: {said}" if source else f"line {line}: {said}"


def _line(node: Node, path: tuple[Any, ...]) -> int:
    """The line where a path stands, or the nearest that exists above it.

    Steps that only validation knows (the name of a union's member) are passed over.
    """
    line = node.start_mark.line + 1
    for step in path:
        if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        elif isinstance(node, MappingNode):
            for key, value in node.value:
                if isinstance(key, ScalarNode) and key.value == str(step):
                    node, line = value, key.start_mark.line + 1
                    break
    return line


def _refuse_doubled_keys(node: Node, source: str) -> None:
    """YAML lets a later key silently replace an earlier one; a person never means that."""
    if isinstance(node, SequenceNode):
        for item in node.value:
            _refuse_doubled_keys(item, source)
    elif isinstance(node, MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise ConfigError(_at(source, line, f"the key '{key.value}' stands twice"))
                seen.add(key.value)
            _refuse_doubled_keys(value, source)
