"""Requests that no service can store or answer are refused, not answered with a 500."""

from __future__ import annotations

from typing import Any

import pytest

DEEP = b'{"a":' * 100_000
HALF = '"\\ud800"'
"""Half of a surrogate pair: JSON lets it pass, no text holds it."""


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/contacts", DEEP),
        ("/contacts", f'{{"contact": {{"email": "a@b.example", "firstName": {HALF}}}}}'.encode()),
        ("/contact/sync", f'{{"contact": {{"email": "a@b.example", "phone": {HALF}}}}}'.encode()),
        ("/contactLists", DEEP),
        ("/contactLists", f'{{"contactList": {{"contact": {HALF}, "list": 3}}}}'.encode()),
        ("/tags", f'{{"tag": {{"tag": {HALF}, "tagType": "contact"}}}}'.encode()),
        ("/import/bulk_import", DEEP),
        (
            "/import/bulk_import",
            f'{{"contacts": [{{"email": "a@b.example", "first_name": {HALF}}}]}}'.encode(),
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_body_that_is_no_text(ports: Any, path: str, body: bytes) -> None:
    assert 400 <= (await ports.ac.post(path, content=body)).status_code < 500


@pytest.mark.parametrize("name", ["offset", "limit", "ids", "id_greater", "listid"])
@pytest.mark.parametrize("digits", [40, 5_000])
async def test_a_number_beyond_all_rows(ports: Any, name: str, digits: int) -> None:
    assert (await ports.ac.get("/contacts", params={name: "9" * digits})).status_code == 200
