"""The console as a program: its app, and the terminal it runs in."""
