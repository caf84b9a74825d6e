"""`python -m actui`."""

import sys

from actui.cli import main

sys.exit(main())
