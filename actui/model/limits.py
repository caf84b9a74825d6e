"""What the services take in one request, as documented; client and engine count with the same."""

BULK_ROWS = 250
BULK_BYTES = 399_999
"""Rows and bytes of one bulk import (activecampaign.md §7.1)."""
WRITE_ENTRIES = 1_000
"""Entries of one `PUT /profiles` (blueconic.md §11)."""
