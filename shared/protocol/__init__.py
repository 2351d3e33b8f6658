"""The rules of the link as engines without I/O; PROTOCOL.md is their description."""
