"""Consent.

Owns: grants per person, purpose and terms version; withdrawals; holds.
Promises: covers() is the one question everybody asks.
Never: delete a grant: a withdrawal is a new row.
"""
