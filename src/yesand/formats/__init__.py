"""Formats.

Owns: bytes on disk, both ways: block streams, manifests, releases, signatures, decoding to
  arrays.
Promises: a reader for every writer, and a clear error for every broken byte.
Never: talk to a database or a network.
"""
