"""Forms as lines of text: the pages' configuration without Textual."""
