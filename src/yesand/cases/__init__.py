"""Cases.

Owns: appeals, disputes, answers to findings, safety reports.
Promises: each case has a due time and ends with a reason.
Never: decide anything by itself.
"""
