"""The commands, one function each: `(arguments) -> exit code`."""
