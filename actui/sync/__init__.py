"""The engine: goals become reads, decisions and acknowledged writes."""
