"""How long ago batches were sent, whatever the machine's clock does meanwhile."""

from __future__ import annotations

from actui.model.journal import Batch
from actui.sync.ports import Clock


class Ages:
    """Measures the age of journalled batches by the monotonic clock.

    Only the wall clock says when an earlier process sent a batch, and it may have been moved by
    hours since. So at first sight such a batch is never younger than nothing and never older than
    `most` seconds; from then on its age grows by the monotonic clock.
    """

    def __init__(self, clock: Clock, most: float) -> None:
        self._clock = clock
        self._most = most
        self._born: dict[int, float] = {}

    def start(self, number: int) -> None:
        """A batch of this process is about to be sent."""
        self._born[number] = self._clock.monotonic()

    def of(self, batch: Batch) -> float:
        """Seconds since the batch was sent.

        A batch that an earlier process may not have sent at all was sent just now, as far as
        anybody can prove.
        """
        now = self._clock.monotonic()
        if batch.number not in self._born:
            most = 0.0 if batch.state == "sending" else self._most
            shown = self._clock.now().timestamp() - batch.sent_at
            self._born[batch.number] = now - min(max(0.0, shown), most)
        return now - self._born[batch.number]
