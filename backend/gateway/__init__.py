"""Links: WebSockets of devices, and the shells around their engines."""
