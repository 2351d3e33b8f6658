"""The rules of the server; they know neither requests nor sockets."""
