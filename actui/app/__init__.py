"""The console as a program: the Textual app, and the terminal that it runs in."""
