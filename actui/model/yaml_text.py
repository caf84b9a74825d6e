"""YAML from outside as plain values, bounded in size, depth and count, every mistake with its line.

Only what a connection file needs is read: mappings with text keys, lists and plain values. What
makes YAML dangerous or surprising is refused instead: anchors and aliases (ten lines of them can
stand for billions of values, or for themselves), tags, merge keys, a key given twice, numbers in
other notations than the decimal one. No I/O, and no constructor of PyYAML runs.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.error import MarkedYAMLError
from yaml.events import AliasEvent, NodeEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from actui.model.redaction import brief, redact

LARGEST = 1_000_000
"""Bytes of a file, and characters of a text, that are read."""
DEEPEST = 32
MOST_NODES = 50_000
TAG = "tag:yaml.org,2002:"
_ALMOST_A_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*\Z")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\Z")
_FRACTION = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}\Z")
_UNREADABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x85\u2028\u2029\ud800-\udfff]")
"""Control characters, and those that are a line break to YAML and a part of a text to JSON."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOOLEANS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
NO_CHARACTER = "the text holds an escape that is no character"


class YamlMistake(Exception):
    """A text that is not read; `line` counts from 1, and the message is half a sentence."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Unread:
    """Stands for a value that no key takes: a date, infinity, a number in another notation."""


def is_almost_a_number(text: str) -> bool:
    """Whether a text such as `007` would be taken for a number by somebody or some program."""
    return bool(_ALMOST_A_NUMBER.match(text))


def parse(text: str) -> tuple[Node, Any]:
    """The nodes of a text, which know their lines, and the values that they stand for.

    Values are dict, list, str, int, float, bool, None and `Unread`; every key is a str, as it is
    written. Raises YamlMistake.
    """
    if len(text) > LARGEST:
        raise YamlMistake(1, f"the text is larger than {LARGEST:,} characters")
    odd = _UNREADABLE.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        sign = f"U+{ord(odd[0]):04X}"
        message = f'the character {sign} cannot stand in a file; write it as an escape in "quotes"'
        raise YamlMistake(line, message)
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        line = mark.line + 1 if mark else 1
        raise YamlMistake(line, redact(wrong.problem or "this is not YAML")) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # an escape or a version whose digits are no number that Python takes
        line = loader.line + 1 if loader else 1
        raise YamlMistake(line, "this is not YAML") from None
    if node is None:
        raise YamlMistake(1, "there is nothing in it")
    return node, _value(node)


class _Loader(yaml.SafeLoader):
    """Composes nodes and stops at the first that is refused."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._count = 0

    def check_printable(self, data: str) -> None:
        """`parse` has looked already, and takes every character that JSON leaves as it is."""

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        _refuse(event)
        self._depth += 1
        self._count += 1
        if self._depth > DEEPEST:
            raise _mistake(event, f"more than {DEEPEST} levels are nested here")
        if self._count > MOST_NODES:
            raise _mistake(event, f"there are more than {MOST_NODES:,} values")
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(node, ScalarNode):
            _check_text(node)
        elif isinstance(node, MappingNode):
            _check_keys(node)
        return node


def _mistake(at: Any, problem: str) -> MarkedYAMLError:
    return MarkedYAMLError(problem=problem, problem_mark=at.start_mark)


def _refuse(event: Any) -> None:
    if isinstance(event, AliasEvent):
        raise _mistake(
            event,
            f'*{brief(str(event.anchor))} is an alias, which is not read; write a text as "*…"',
        )
    if isinstance(event, NodeEvent) and event.anchor is not None:
        raise _mistake(
            event, f'&{brief(event.anchor)} is an anchor, which is not read; write a text as "&…"'
        )
    tag = getattr(event, "tag", None)
    if tag is not None:
        shown = brief(tag.replace(TAG, "!!", 1))
        raise _mistake(event, f'{shown} is a tag, which is not read; write a text as "!…"')


def _check_text(node: ScalarNode) -> None:
    try:
        if _SURROGATE.search(node.value):
            # JSON writes a character beyond U+FFFF as two escapes, which YAML reads one by one
            node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _mistake(node, NO_CHARACTER) from None
    if "\0" in node.value:
        raise _mistake(node, NO_CHARACTER)
    if node.style is None and node.tag == f"{TAG}str" and is_almost_a_number(node.value):
        # `008` is a text to YAML and `007` a number: neither is what somebody meant for sure
        shown = brief(node.value)
        raise _mistake(node, f'{shown} is no number; write "{shown}" where a text is meant')


def _check_keys(node: MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, ScalarNode):
            raise _mistake(key, "a key must be a text")
        if key.tag == f"{TAG}merge":
            raise _mistake(key, "<< merges keys, which is not read; write the keys themselves")
        if key.value in seen:
            raise _mistake(key, f"the key '{brief(key.value)}' stands twice")
        seen.add(key.value)


def _value(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {key.value: _value(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_value(item) for item in node.value]
    return _plain_value(node.tag.removeprefix(TAG), node.value)


def _plain_value(kind: str, text: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return _BOOLEANS[text.lower()]
    if kind == "int":
        return int(text) if _INTEGER.match(text) else Unread()
    if kind == "float":
        return float(text) if _FRACTION.match(text) else Unread()
    return Unread() if kind == "timestamp" else text
