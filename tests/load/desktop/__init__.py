"""The parts of ``python3 run.py bench desktop``."""
