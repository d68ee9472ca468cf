"""Evaluation.

Owns: baselines, benchmark runs, slices, shortfalls.
Promises: every score has an interval, or says how much data is missing.
Never: score a person.
"""
