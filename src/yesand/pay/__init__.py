"""Pay.

Owns: rate cards, locked rates, the double-entry ledger, guarantees, statements.
Promises: every cent traces line to event to rule.
Never: read a label, a rating or anything that infers emotion.
"""
