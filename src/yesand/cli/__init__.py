"""Cli.

Owns: the command line: the same verbs as the pages.
Promises: works with the base install as far as a verb needs no server.
Never: hold a rule that belongs to a house.
"""
