"""BlueConic's REST API v2 (103.0) as its OpenAPI document and `blueconic.md` describe it."""
