"""The Mim server."""
