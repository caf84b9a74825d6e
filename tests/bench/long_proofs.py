"""What the test suite proves in a short form, at length: `python tests/bench/long_proofs.py`.

Histories against the plain models, kills at random moments, disturbances, requests made from the
services' documents; loopback only, and it ends by itself after about an hour.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONG = {
    "ACTUI_TEST_EXAMPLES": "1000",
    "ACTUI_TEST_KILLS": "200",
    "ACTUI_TWIN_EXAMPLES": "1000",
    "ACTUI_SCHEMA_EXAMPLES": "100",
}
PROOFS = (
    "tests/process/e2e/test_import_twin.py",
    "tests/process/e2e/test_kills.py",
    "tests/services/export/test_twin.py",
    "tests/services/export/test_both_ways_twin.py",
    "tests/services/export/test_disturbances.py",
    "tests/services/contract/test_schemathesis.py",
)

if __name__ == "__main__":
    words = [sys.executable, "-m", "pytest", "-q", "-m", "", "--timeout", "7200", *PROOFS]
    sys.exit(subprocess.run(words, cwd=ROOT, env={**os.environ, **LONG}, check=False).returncode)
