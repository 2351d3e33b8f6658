"""Thin blueprints under ``/v1``: decode, ask a service, encode."""
