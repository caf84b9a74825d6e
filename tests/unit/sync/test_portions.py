"""One record for which a service refuses whole requests is found, and the others are sent."""

import pytest

from actui.model.errors import RefusedError
from actui.sync.portions import Portions


def send(records: list[int], bad: set[int], status: int, *, is_proven: bool = False) -> list[int]:
    """Who is at fault, for a service that refuses every request with one of `bad` in it."""
    rest, portions, taken = list(records), Portions[int](len(records), is_proven=is_proven), []
    for _ in range(200):
        if not rest:
            break
        part, rest = rest[: portions.size], rest[portions.size :]
        if bad & set(part):
            rest = portions.refused(part, RefusedError("No.", status=status)) + rest
        else:
            taken += part
            portions.accepted()
    at_fault = [record for record, _ in portions.at_fault()]
    assert sorted(taken + at_fault) == records
    return at_fault


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("bad", [{0}, {999}, {3, 500}, {7, 8, 9}])
def test_who_is_at_fault_is_found(status: int, bad: set[int]) -> None:
    assert set(send(list(range(1_000)), bad, status, is_proven=True)) == bad


@pytest.mark.parametrize("status", [400, 422])
def test_a_request_that_is_never_taken_is_at_fault_itself(status: int) -> None:
    for count in (1, 3, 1_000):
        with pytest.raises(RefusedError):
            send(list(range(count)), set(range(count)), status)


def test_each_of_those_who_are_too_large_is_rejected() -> None:
    assert send(list(range(20)), set(range(20)), 413) == list(range(20))


@pytest.mark.parametrize("status", [401, 403, 404, 409])
def test_other_refusals_are_about_no_record(status: int) -> None:
    with pytest.raises(RefusedError):
        send(list(range(10)), {3}, status, is_proven=True)


def test_a_refusal_that_is_known_to_be_about_the_request() -> None:
    portions = Portions[int](10, is_proven=True)
    with pytest.raises(RefusedError):
        portions.refused([1, 2], RefusedError("No.", status=400, code="strategy-refused"))
