"""Vault.

Owns: identity, age proof and payout details.
Promises: only pay's payout and its pages read it.
Never: be imported by anything else.
"""
