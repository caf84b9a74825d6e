"""What a test run said to the services, held to the contract, operation by operation."""

from __future__ import annotations

import hashlib
import marshal
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple

from tests.services.contract.contract import Contract
from tests.services.contract.known import Departure, departure
from tests.services.contract.listening.exchanges import Exchange


class Report:
    """Requests and answers per operation and status, complaints, and the departures met."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.spoilt = 0
        self.unknown: Counter[tuple[str, str]] = Counter()
        self.known: Counter[Departure] = Counter()
        self._judged: dict[bytes, tuple[bool, list[str]]] = {}

    @classmethod
    def of(cls, exchanges: Iterable[Exchange], contract: Contract) -> Report:
        """The report of these exchanges."""
        report = cls()
        for exchange in exchanges:
            report._look(exchange, contract)
        report._judged.clear()
        return report

    def _look(self, exchange: Exchange, contract: Contract) -> None:
        name = contract.name(exchange)
        self.requests[name] += 1
        # the same is said again and again: most accounts of the suite are alike
        digest = hashlib.blake2b(marshal.dumps(astuple(exchange))).digest()
        if digest not in self._judged:
            self._judged[digest] = contract.is_spoken(exchange), contract.complaints(exchange)
        is_spoken, complaints = self._judged[digest]
        if is_spoken:
            self.answers[name, exchange.status] += 1
        elif exchange.status:
            self.spoilt += 1
        for complaint in complaints:
            found = departure(name, complaint)
            if found is None:
                self.unknown[name, complaint] += 1
            else:
                self.known[found] += 1

    def join(self, other: Report) -> None:
        """Add what another process found."""
        self.requests += other.requests
        self.answers += other.answers
        self.spoilt += other.spoilt
        self.unknown += other.unknown
        self.known += other.known

    def lines(self) -> list[str]:
        """The report, to print."""
        told = [
            f"{self.requests.total()} requests and {self.answers.total()} answers validated, "
            f"{self.spoilt} answers spoilt by faults set aside"
        ]
        for name, n in sorted(self.requests.items()):
            answers = {status: m for (one, status), m in self.answers.items() if one == name}
            each = ", ".join(f"{status}: {m}" for status, m in sorted(answers.items()))
            told.append(f"{n:6d} requests  {name}  answers {each or 'none'}")
        told += [
            f"{n:6d} known     {one.operation}  {one.complaint}: {one.source}"
            for one, n in self.known.items()
        ]
        told += [f"{n:6d} UNKNOWN   {name}  {what}" for (name, what), n in self.unknown.items()]
        return told
