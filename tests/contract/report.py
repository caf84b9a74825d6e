"""What a test run said to the sandbox, held to the contract, operation by operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.contract.contract import Contract, Exchange
from tests.contract.known import Departure, departure


class Report:
    """Exchanges per operation and status, complaints, and the departures that were met."""

    def __init__(self, exchanges: Iterable[Exchange], contract: Contract) -> None:
        self.validated: Counter[tuple[str, int]] = Counter()
        self.unknown: Counter[tuple[str, str]] = Counter()
        self.known: Counter[Departure] = Counter()
        for exchange in exchanges:
            name = contract.name(exchange)
            self.validated[name, exchange.status] += 1
            for complaint in contract.complaints(exchange):
                found = departure(name, complaint)
                if found is None:
                    self.unknown[name, complaint] += 1
                else:
                    self.known[found] += 1

    def lines(self) -> list[str]:
        """The report, to print."""
        told = [f"{n:5d}  {name} {status}" for (name, status), n in sorted(self.validated.items())]
        told += [
            f"{n:5d}  known, {one.operation} {one.complaint}: {one.source}"
            for one, n in self.known.items()
        ]
        told += [f"{n:5d}  UNKNOWN {name}: {what}" for (name, what), n in self.unknown.items()]
        return told
