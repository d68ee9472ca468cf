"""Flows.

Owns: the only place that knows the queue: turns facts into jobs.
Promises: running any job twice is harmless.
Never: hold a rule that belongs to a house.
"""
