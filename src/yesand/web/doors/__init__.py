"""Doors.

Owns: the upload door, a plain ASGI process that speaks tus 1.0.0 to browsers and other clients.
Promises: authorize, read, verify, lock, compare offsets, append, sync; only then say yes.
Never: import Django, ask a database, truncate a byte, acknowledge one that is not durable.
"""
