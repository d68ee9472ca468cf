"""Kit.

Owns: ids, money, spans, the timebase, canonical JSON and hashing, the error base.
Promises: pure values; no I/O, no clock reads except where a caller passes one in.
Never: import any other house.
"""
