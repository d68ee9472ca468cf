"""Stats.

Owns: agreement, aggregation of labels, bootstrap intervals, slices.
Promises: every figure can carry an interval and says why it is undefined.
Never: touch a database.
"""
