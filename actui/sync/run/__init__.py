"""A run as a whole: order, progress, stop, warnings, resume."""
