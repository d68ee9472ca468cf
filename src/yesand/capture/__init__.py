"""Capture.

Owns: which recordings make a take: tracks, gaps, manifest, seal.
Promises: originals are never rewritten; what is missing is declared.
Never: decide whether a take is good.
"""
