"""What a home, a connection and a run are made of: the composition root."""
