"""The type of a reading session, so that services can name it without knowing SQLAlchemy."""

from __future__ import annotations

from sqlalchemy.orm import Session

__all__ = ["Session"]
