"""People.

Owns: persons, clients, programs, membership, roles, sign-in.
Promises: one person, one row; a program is walled by membership.
Never: hold a legal name, an address or a bank account (that is vault).
"""
