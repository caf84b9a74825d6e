"""Both services as real HTTP servers on loopback, written from their documentation alone."""
