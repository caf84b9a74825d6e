"""What both services' OpenAPI documents and the recorded answers say of one exchange.

Requests are held to the documents: operation, query, body. BlueConic's answers are held to its
schemas. ActiveCampaign's schemas were made from single examples, so its answers are held to the
keys, types and nesting of all examples and recordings of the operation together.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema_rs import Draft202012Validator, ValidationErrorKind

from tests.services.contract.listening.exchanges import Exchange

SHARED = Path(__file__).resolve().parents[4] / "shared"
IS_HERE = (SHARED / "reference" / "activecampaign-openapi-v3.json").is_file()
ABSENT = "The services' OpenAPI documents are not beside this repository."

Json = dict[str, Any]
KnownContact = tuple[set[tuple[str, str]], set[str], set[str]]
"""Key paths with types, key paths, and the keys that are always there."""
SUCCESSES = (200, 201, 202, 204)
ANYWHERE = frozenset({401, 403, 404, 408, 429})
"""Refusals that any operation of ActiveCampaign may answer (activecampaign.md §1.2)."""
TOO_LARGE = frozenset({413, 414})
"""What a server in front of a service may answer with a page of its own."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
KINDS = {dict: "object", list: "array", str: "text", bool: "boolean", type(None): "null"}


def kind_of(value: object) -> str:
    return KINDS.get(type(value), "number")


def shape_of(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every key path with its type; the members of an array share one path."""
    yield where, kind_of(value)
    if isinstance(value, dict):
        for key, held in value.items():
            yield from shape_of(held, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for held in value:
            yield from shape_of(held, f"{where}[]")


@cache
def row_of(path: str) -> str:
    """The last two words of a key path, the row's in the singular: `contact.email`."""
    row, _, key = path.rpartition(".")
    return f"{row.rpartition('.')[2].replace('[]', '').removesuffix('s')}.{key}" if row else path


def parsed(body: bytes) -> Any:
    """The JSON in a body; None where there is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def is_cut_off(body: bytes) -> bool:
    """Whether a body is the beginning of JSON, without a mistake in it as far as it goes."""
    text = body.decode(errors="ignore").rstrip()
    try:
        json.loads(text)
    except json.JSONDecodeError as wrong:
        rest = text[wrong.pos :]
        is_word = any(word.startswith(rest) for word in ("true", "false", "null"))
        return bool(text) and (is_word or wrong.msg.startswith(("Unterminated", "Invalid \\u")))
    return False


class Document:
    """One OpenAPI document."""

    def __init__(self, file: Path, base: str) -> None:
        self.base = base
        self._document = json.loads(file.read_text())
        self._validators: dict[int, Draft202012Validator] = {}
        self._templates = [
            (re.compile(re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(path)) + r"\Z"), path)
            # "/users/me" before "/users/{id}"
            for path in sorted(self._document["paths"], key=lambda path: path.count("{"))
        ]

    def template(self, path: str) -> str:
        """The documented path that a request's path follows, or itself."""
        rest = path.removeprefix(self.base)
        for expression, known in self._templates:
            if expression.match(rest):
                return known
        return re.sub(r"/\d+(?=/|$)", "/{id}", rest)

    def operation(self, method: str, template: str) -> Json | None:
        found: Json | None = self._document["paths"].get(template, {}).get(method.lower())
        return found

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        """Every operation with its method and template."""
        for template, methods in self._document["paths"].items():
            for method, operation in methods.items():
                if isinstance(operation, dict) and "responses" in operation:
                    yield method.upper(), template, operation

    def errors(self, schema: Json, value: Any, where: str) -> Iterator[str]:
        """What a value has against a schema of this document, without its own content."""
        validator = self._validators.get(id(schema))
        if validator is None:
            rooted = {**schema, "components": self._document.get("components", {})}
            validator = self._validators[id(schema)] = Draft202012Validator(rooted)
        if validator.is_valid(value):
            return
        for error in validator.iter_errors(value):
            place = "".join("[]" if isinstance(p, int) else f".{p}" for p in error.instance_path)
            missing = isinstance(error.kind, ValidationErrorKind.Required)
            detail = f" {error.kind.property}" if missing else ""
            yield f"{where}{place}: {error.schema_path[-1]}{detail}"

    def strangers(self, schema: Json, value: Any, where: str) -> Iterator[str]:
        """Keys that a schema does not have; its own keywords let every key pass."""
        if "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if isinstance(value, list):
            for held in value:
                yield from self.strangers(schema.get("items", {}), held, f"{where}[]")
        known = schema.get("properties")
        if not isinstance(value, dict) or known is None:
            return
        for key, held in value.items():
            if key in known:
                yield from self.strangers(known[key], held, f"{where}.{key}")
            elif "additionalProperties" not in schema:
                yield f"{where}.{key}: unknown key"

    def request(self, operation: Json, exchange: Exchange) -> Iterator[str]:
        """What the document has against a request."""
        known = {one["name"]: one for one in operation.get("parameters", []) if "name" in one}
        for name, value in exchange.query:
            if name not in known:
                yield f"query {name}: undocumented"
            else:
                fault = self._unfit(known[name].get("schema", {}), value)
                if fault:
                    yield f"query {name}: {fault}"
        sent = {name for name, _ in exchange.query}
        for name, one in known.items():
            if one.get("in") == "query" and one.get("required") and name not in sent:
                yield f"query {name}: missing"
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            body = parsed(exchange.sent)
            yield from self.errors(content["application/json"].get("schema", {}), body, "body")
        elif "application/x-www-form-urlencoded" in content:
            form = dict(parse_qsl(exchange.sent.decode()))
            schema = content["application/x-www-form-urlencoded"].get("schema", {})
            yield from self.errors(schema, form, "form")
            yield from (f"form {name}: undocumented" for name in form.keys() - schema["properties"])
        elif exchange.sent:
            yield "body: undocumented"

    @staticmethod
    def _unfit(schema: Json, value: str) -> str:
        if schema.get("type") == "array":
            schema = schema.get("items", {})
        if "enum" in schema and value not in map(str, schema["enum"]):
            return "not in enum"
        if schema.get("type") == "integer" and not re.fullmatch(r"-?\d+", value):
            return "no integer"
        if schema.get("type") == "boolean" and value not in ("true", "false"):
            return "no boolean"
        if schema.get("format") == "date" and not DAY.fullmatch(value):
            return "no date"
        return ""


class Contract:
    """Both documents and the recordings."""

    def __init__(self, shared: Path = SHARED) -> None:
        reference = shared / "reference"
        self._documents = (
            Document(reference / "activecampaign-openapi-v3.json", "/api/3"),
            Document(reference / "blueconic-openapi-v103.json", "/rest/v2"),
        )
        self._shapes: dict[tuple[str, int], KnownContact | None] = {}
        self._recorded: defaultdict[str, list[tuple[int, Any]]] = defaultdict(list)
        for file in sorted((shared / "recorded").glob("*.json")):
            for one in json.loads(file.read_text()):
                path = one["request"]["path"].partition("?")[0]
                name = f"{one['request']['method']} {self._documents[0].template(path)}"
                answer = one["response"]
                self._recorded[name].append((answer["status"], answer["body"]))
        self._rows = {
            (row_of(path), kind) for body in self._every_body() for path, kind in shape_of(body)
        }

    def _every_body(self) -> Iterator[Any]:
        for recorded in self._recorded.values():
            yield from (body for _, body in recorded)
        for method, template, operation in self._documents[0].operations():
            for status in SUCCESSES:
                yield from self._bodies(f"{method} {template}", operation, status)

    def name(self, exchange: Exchange) -> str:
        """The operation, as `METHOD /path/{id}`, with the service in front."""
        document = self._document(exchange)
        service = "ActiveCampaign" if document is self._documents[0] else "BlueConic"
        return f"{service} {exchange.method} {document.template(exchange.path)}"

    def _document(self, exchange: Exchange) -> Document:
        return self._documents[exchange.path.startswith("/rest/v2")]

    def complaints(self, exchange: Exchange) -> list[str]:
        """Everything that an exchange has against the documents, each once."""
        document = self._document(exchange)
        template = document.template(exchange.path)
        operation = document.operation(exchange.method, template)
        found: list[str] = []
        if operation is None:
            found.append("operation: undocumented")
            operation = {}
        else:
            found += document.request(operation, exchange)
        if self.is_spoken(exchange):
            if document is self._documents[0]:
                found += self._shape(f"{exchange.method} {template}", operation, exchange)
            elif operation:
                found += self._schema(document, operation, exchange)
        return list(dict.fromkeys(found))

    @staticmethod
    def is_spoken(exchange: Exchange) -> bool:
        """Whether the service itself answered, and no fault or proxy (activecampaign.md §1.2)."""
        is_spoilt = parsed(exchange.answer) is None and (
            exchange.status in {200, *TOO_LARGE} or is_cut_off(exchange.answer)
        )
        return 0 < exchange.status < 500 and not is_spoilt

    @staticmethod
    def _schema(document: Document, operation: Json, exchange: Exchange) -> Iterator[str]:
        answer = operation.get("responses", {}).get(str(exchange.status))
        if answer is None:
            yield f"answer {exchange.status}: undocumented"
            return
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is not None:
            body = parsed(exchange.answer)
            yield from document.errors(schema, body, "answer")
            yield from document.strangers(schema, body, "answer")

    def _shape(self, name: str, operation: Json, exchange: Exchange) -> Iterator[str]:
        status = exchange.status
        known = self._known(name, operation, status)
        if known is None:
            if status < 400:
                others = any(self._known(name, operation, other) for other in SUCCESSES)
                yield f"answer {status}: undocumented" if others else "answer: no example"
            elif status not in ANYWHERE and str(status) not in operation.get("responses", {}):
                yield f"answer {status}: undocumented"
            return
        body = parsed(exchange.answer)
        shapes, paths, always = known
        for path, kind in dict.fromkeys(shape_of(body)):
            # A contact is a contact, whichever operation shows it.
            if (path, kind) in shapes or (row_of(path), kind) in self._rows:
                continue
            parent = path.rpartition(".")[0]
            if path in paths:
                yield f"answer {path}: {kind}"
            elif parent in paths or not parent:
                yield f"answer {path}: unknown key"
        for key in sorted(always - (body.keys() if isinstance(body, dict) else set())):
            yield f"answer {key}: missing"

    def _known(self, name: str, operation: Json, status: int) -> KnownContact | None:
        """What all known bodies of an operation with this status are like; None without any."""
        if (name, status) not in self._shapes:
            known = self._bodies(name, operation, status)
            shapes = {pair for one in known for pair in shape_of(one)}
            keys = [set(one) if isinstance(one, dict) else set() for one in known]
            always = set.intersection(*keys) if keys else set()
            found = (shapes, {path for path, _ in shapes}, always) if known else None
            self._shapes[name, status] = found
        return self._shapes[name, status]

    def _bodies(self, name: str, operation: Json, status: int) -> list[Any]:
        """Every known body of an operation with this status, recorded ones first."""
        found = [body for code, body in self._recorded.get(name, ()) if code == status]
        answer = operation.get("responses", {}).get(str(status), {})
        examples = answer.get("content", {}).get("application/json", {}).get("examples", {})
        for example in examples.values():
            value = example.get("value")
            found.append(parsed(value.encode()) if isinstance(value, str) else value)
        return [body for body in found if body is not None]
