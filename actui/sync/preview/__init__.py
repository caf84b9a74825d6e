"""A preview: the engine on clients that write nothing."""
