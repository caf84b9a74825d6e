"""schemathesis sends what both documents allow, and what they do not, to the sandbox.

Requests are made from the documents, for the operations that the sandbox serves, some of them with
ids that exist. No answer may be an undocumented 5xx or of an undocumented content type; BlueConic's
have documented statuses and follow its schemas. For that the sandbox runs with
`document-shapes=schemas`: the examples, which contradict them, are held
to in `tests/services/sandbox`.
ActiveCampaign's schemas were inferred from single examples (activecampaign.md §13) and it documents
hardly any refusal, so the rest of this directory holds its answers to examples and recordings.
The long form is in `tests/bench/long_proofs.py`.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from actui.sandbox.blueconic.connections import CAMPAIGN
from actui.sandbox.blueconic.tenant_catalogue import ALL_PROFILES, DIALOGUES, WELCOME
from tests.process.e2e.processes import sandbox_process
from tests.services.contract.contract import ABSENT, IS_HERE, SHARED

SAID = "schemathesis is not installed"
schemathesis = pytest.importorskip("schemathesis", reason=SAID)
pytestmark = [pytest.mark.skipif(not IS_HERE, reason=ABSENT), pytest.mark.timeout(1800)]

SEED = 20260101
BOUNDS = settings(
    max_examples=int(os.environ.get("ACTUI_SCHEMA_EXAMPLES", "3")),
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
BLUECONIC_SERVES = {
    "DELETE /profileProperties/{propertyId}",
    "GET /connections",
    "GET /connections/{connection}",
    "GET /connections/{connection}/runs",
    "GET /dialogues",
    "GET /dialogues/{dialogue}",
    "GET /interactions",
    "GET /lifecycles",
    "GET /lifecycles/{lifecycle}",
    "GET /objectives",
    "GET /objectives/{objective}",
    "GET /profileEvents/{profileId}",
    "GET /profileProperties",
    "GET /profileProperties/{propertyId}",
    "GET /profiles",
    "GET /profiles/{profileId}",
    "GET /segments",
    "GET /segments/{segment}/profiles",
    "POST /interactionEvents",
    "POST /oauth/revoke",
    "POST /oauth/token",
    "POST /pageviewEvents",
    "PUT /profileProperties/{propertyId}",
    "PUT /profiles",
}
ACTIVECAMPAIGN_SERVES = 30
"""At least; whatever more it serves is tried as well."""

EXCEPTIONS: Mapping[tuple[str, int], str] = {
    ("DELETE /profileProperties/{propertyId}", 400): (
        "those made by a plug-in cannot be changed, a 400 (blueconic.md §11)"
    ),
}
"""Answers of BlueConic that its document does not have, each with its source."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a running sandbox with its document."""

    url: str
    schema: Any
    session: requests.Session
    known: Mapping[str, str]

    def served(self) -> list[Any]:
        """The documented operations that the sandbox has a route for."""
        found = []
        for one in self.schema.get_all_operations():
            operation = one.ok()
            path = re.sub(r"\{\w+\}", "0", operation.path)
            answer = self.session.request(operation.method, self.url + path, timeout=20)
            is_missing = answer.status_code == 404 and answer.text == "Not Found"
            if not is_missing and answer.status_code != 405:
                found.append(operation)
        return found

    def try_out(self, operation: Any, checks: Any) -> Counter[int]:
        """Requests that follow the document and some that do not; statuses that came."""
        statuses: Counter[int] = Counter()
        for mode in schemathesis.GenerationMode:
            cases = operation.as_strategy(generation_mode=mode)

            @seed(SEED)
            @BOUNDS
            @given(case=cases, exists=st.booleans())
            def tried(case: Any, exists: bool) -> None:
                if exists and case.path_parameters:
                    names = case.path_parameters.keys() & self.known.keys()
                    case.path_parameters.update({name: self.known[name] for name in names})
                answer = case.call(base_url=self.url, session=self.session, timeout=20)
                statuses[answer.status_code] += 1
                named = f"{operation.method.upper()} {operation.path}"
                if (named, answer.status_code) not in EXCEPTIONS:
                    case.validate_response(answer, checks=checks(operation, answer.status_code))

            # A path alone cannot be wrong: any text is an id.
            with suppress(Unsatisfiable):
                tried()
        return statuses


def document(name: str) -> Any:
    told = json.loads((SHARED / "reference" / f"{name}.json").read_text())
    return schemathesis.openapi.from_dict(told)


@contextmanager
def running() -> Iterator[dict[str, Any]]:
    words = ("--contacts", "40", "--profiles", "40", "--limits", "off")
    with sandbox_process(*words, "--switch", "document-shapes=schemas") as ready:
        yield ready


class Header:
    """Puts the key into every request, after whatever the case says of it."""

    def __init__(self, name: str, value: str) -> None:
        self._held = {name: value}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._held)
        return request


def test_blueconic() -> None:
    checks = schemathesis.checks

    def wanted(operation: Any, status: int) -> list[Any]:
        every = [
            checks.not_a_server_error,
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_schema_conformance,
        ]
        # 501 is documented for a search by what is no identifier.
        return every[1:] if str(status) in operation.definition.raw["responses"] else every

    with running() as ready, requests.Session() as session:
        mine = ready["blueconic"]
        url = f"{mine['url']}/rest/v2"
        form = {name: mine[name] for name in ("client_id", "client_secret")}
        form["grant_type"] = "client_credentials"
        token = session.post(f"{url}/oauth/token", data=form, timeout=20).json()["access_token"]
        session.auth = Header("Authorization", f"Bearer {token}")
        page = session.get(f"{url}/segments/{ALL_PROFILES.id}/profiles", timeout=20).json()
        known = {
            "connection": CAMPAIGN,
            "dialogue": DIALOGUES[0].id,
            "lifecycle": WELCOME.id,
            "objective": "marketing",
            "profileId": page["profiles"][0]["id"],
            "propertyId": "visits",
            "segment": ALL_PROFILES.id,
        }
        service = Service(url, document("blueconic-openapi-v103"), session, known)
        served = service.served()
        assert {f"{one.method.upper()} {one.path}" for one in served} == BLUECONIC_SERVES
        for operation in served:
            assert service.try_out(operation, wanted)


def test_activecampaign() -> None:
    checks = schemathesis.checks

    def wanted(operation: Any, status: int) -> list[Any]:
        every = [checks.not_a_server_error, checks.content_type_conformance]
        return every if str(status) in operation.definition.raw["responses"] else every[:1]

    with running() as ready, requests.Session() as session:
        mine = ready["activecampaign"]
        session.auth = Header("Api-Token", mine["api_key"])
        url, schema = f"{mine['url']}/api/3", document("activecampaign-openapi-v3")
        service = Service(url, schema, session, {"id": "3"})
        served = service.served()
        assert len(served) >= ACTIVECAMPAIGN_SERVES
        for operation in served:
            assert service.try_out(operation, wanted)
