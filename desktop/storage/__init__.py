"""The local database of one profile: encrypted, one process at a time, one transaction a step."""
