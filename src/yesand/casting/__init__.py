"""Casting.

Owns: calls, applications, auditions, roster, split pools.
Promises: a decision carries a written reason.
Never: read a label or score a person by emotion.
"""
