"""The client of BlueConic's REST API v2; what is known of it is in `blueconic.md`."""
