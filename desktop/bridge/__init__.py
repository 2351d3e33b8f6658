"""The only crossing between the windows' thread and the engine's thread."""
