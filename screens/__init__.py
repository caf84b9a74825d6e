"""Pages of the console; Textual lives here and on the roof."""
