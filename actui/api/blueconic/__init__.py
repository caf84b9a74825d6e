"""The client of BlueConic's REST API v2."""
