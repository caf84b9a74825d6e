"""How much of the long proofs one test run does; the bench asks for more."""

from __future__ import annotations

import os

from hypothesis import Phase

EXAMPLES = int(os.environ.get("ACTUI_TEST_EXAMPLES", "25"))
"""Examples of each property-based test over HTTP."""
IS_LONG = "ACTUI_TEST_EXAMPLES" in os.environ
"""The long form draws at random; the short one says the same of the same code."""

_SLOW = (Phase.shrink, Phase.explain)
PHASES = [one for one in Phase if os.environ.get("ACTUI_TEST_SHRINK") or one not in _SLOW]
"""Making a failing example smaller takes minutes over HTTP: it is done when asked for."""

KILLS = int(os.environ.get("ACTUI_TEST_KILLS", "20"))
"""How often a run is killed at a random moment."""
