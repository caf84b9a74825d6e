"""What a screen may ask for: services and view text, without Textual."""
