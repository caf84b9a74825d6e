"""The composition root: what a home, a connection and a run are made of."""
