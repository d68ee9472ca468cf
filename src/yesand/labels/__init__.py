"""Labels.

Owns: items, rating queues, judgements, aggregates.
Promises: four views, four columns, never merged.
Never: feed casting, matching, pay, fill or review.
"""
