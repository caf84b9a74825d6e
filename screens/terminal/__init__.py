"""Everything that depends on the terminal or on Textual's internals."""
