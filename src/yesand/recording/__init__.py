"""Recording.

Owns: bytes from a browser: streams, resumable upload, the spool, receipts, the access log.
Promises: a byte that was acknowledged is never lost.
Never: acknowledge a byte that is not durable.
"""
