"""What ``run.py`` does: sets Mim up and starts its parts, with the standard library only."""
