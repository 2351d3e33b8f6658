"""What client and server share: message schemas, engines without I/O, encryption."""
