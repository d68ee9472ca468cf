"""Draws in blocks: chance that holds exactly, not only in expectation. Pure.

Of every block of a sequence a fixed number of members is drawn, at places nobody can guess before.
So after any number of members the count is never off by a whole block (permuted-block
randomization, Hill 1951), and any process draws the same.
"""

from __future__ import annotations

import hashlib
from random import Random


def dice(*parts: object) -> Random:
    """A generator that follows from these parts alone, in every process and version of Python."""
    return Random(hashlib.sha256(":".join(map(str, parts)).encode()).digest())


def drawn(seed: str, ordinal: int, block: int, hits: int = 1) -> bool:
    """Whether member `ordinal` (from 0) of the sequence `seed` is one of its block's `hits`."""
    if not 0 <= hits <= block or block < 1 or ordinal < 0:
        raise ValueError(f"no such draw: {hits} of {block}, member {ordinal}")
    number, at = divmod(ordinal, block)
    return at in dice("draw", seed, number).sample(range(block), hits)
