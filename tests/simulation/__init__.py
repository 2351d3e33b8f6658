"""Whole engines and a whole server in one process, one thread and simulated time."""
