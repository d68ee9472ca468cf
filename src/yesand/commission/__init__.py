"""Commission.

Owns: briefs, prompts, cells, quotas, fill, budget, acceptance of takes.
Promises: fill counts what was cued and physically whole.
Never: read a rating.
"""
