"""Text that no database, URL or file can hold: whoever has it is handled like anybody else."""

from __future__ import annotations

import httpx
import pytest

from tests.process.e2e.lab import lab
from tests.process.e2e.rewritten import rewrite_answers
from tests.process.e2e.test_imports import goal
from tests.process.e2e.test_large_answers import export

PLACE = b"HALF"
TEXTS = [
    b"\\ud83d",
    b"\\ude00",
    b"\\u0000",
    b"\\ude00\\ud83d",
    b"\\\\ud83d\\ude00",
    b"\xed\xa0\xbd",
]


@pytest.fixture(params=TEXTS, ids=repr)
def odd(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In answers, every mark stands for something that is no text."""
    text: bytes = request.param
    rewrite_answers(monkeypatch, lambda asked, body: body.replace(PLACE, text))


@pytest.mark.usefixtures("odd")
async def test_a_contact_of_whom_something_is_no_text() -> None:
    async with lab() as world:
        for number in range(3):
            await world.contact(email=f"p{number}@x.org", firstName=f"P{number}")
        await world.contact(email="HALF@x.org", firstName="HALF")
        world.apply(goal())
        for _ in range(2):
            summary = (await world.run()).goals[0]
            assert summary.ok, summary.message
            assert summary.read == 4
        assert summary.unchanged + summary.rejected == 4


@pytest.mark.usefixtures("odd")
async def test_a_profile_of_whom_something_is_no_text() -> None:
    async with lab() as world:
        for email in ("p0@x.org", "HALF@x.org", "aHALF@x.org"):
            values = {"email": [email], "first_name": ["HALF"], "answer_013": ["HALF"]}
            await world.profile(properties=values, segments=["Newsletter readers"])
        world.apply(export())
        for _ in range(2):
            summary = (await world.run()).goals[0]
            assert summary.ok, summary.message
            assert summary.read == 3


@pytest.mark.parametrize("text", TEXTS, ids=repr)
async def test_complaints_and_errors_that_are_no_text(
    text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def complain(request: httpx.Request, body: bytes) -> bytes:
        if request.method == "PUT" and request.url.path.endswith("/profiles"):
            kind = b'"validationErrors": {"first_name": ["' + text + b'"]}'
            return body.replace(b'"validationErrors": {}', kind).replace(
                b'"state"', kind + b', "state"'
            )
        return body

    rewrite_answers(monkeypatch, complain)
    async with lab() as world:
        await world.contact(email="p0@x.org", firstName="P0")
        world.apply(goal())
        summary = await world.run()
        assert summary.goals[0].read == 1
        assert summary.line().encode()
