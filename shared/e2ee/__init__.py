"""End-to-end encryption: the only place on the client that touches PyNaCl.

No function here draws random numbers by itself: ``random`` arguments are callables that return so
many bytes, or the drawn bytes themselves.
"""
