"""What happens in a room by itself: planned offers, and an *And scene* that nobody objected to.

Every player's socket asks for its own role; the same tick from two processes does it once,
because the verbs are idempotent. Nothing is lost when a process dies: the plan follows from the
take, and the player's next socket goes on with it.
"""

from __future__ import annotations

import uuid

from yesand.kit.errors import Refused
from yesand.stage import actions, entry_rules, reads

#: Kinds of messages after which something may be due sooner or later than thought.
WAKES = frozenset({"take_opened", "take_closed", "pause", "resume", "and_scene", "cue"})
#: A refused offer (paused, too soon after another) is looked at again after this many seconds.
AGAIN_S = 2.0


def tick(session_id: uuid.UUID, role: str) -> float | None:
    """Do what is due for one role now; returns seconds until to look again, None for a message."""
    take = reads.open_take(session_id)
    if take is None:
        return None
    now = actions.stage_now()
    waits: list[float] = []
    if take.end_asked_at is not None:
        if actions.settle_end(take):
            return None
        waits.append(max(0.01, entry_rules.OBJECT_S - (now - take.end_asked_at)))
    if not reads.is_paused(take):
        offer, wait = reads.due_offer(take, role, now)
        if offer is not None:
            try:
                actions.offer_planned(take, offer)
                wait = 0.01
            except Refused:
                wait = AGAIN_S
        if wait is not None:
            waits.append(wait)
    return min(waits) if waits else None
