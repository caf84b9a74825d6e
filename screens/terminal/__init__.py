"""What touches the terminal or the insides of Textual."""
