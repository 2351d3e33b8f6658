"""One runnable window per widget: ``python -m tests.exhibits.NAME``."""
