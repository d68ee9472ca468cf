"""The verbs of the stage, each one transaction, in one place to import from.

Every verb takes the session's row first, so that what happens in one room happens in order; what
it changes is told to the room in the same transaction.
"""

from __future__ import annotations

from yesand.stage import room
from yesand.stage.cards import choose_scene, deal_cards, swap_card
from yesand.stage.cues import (
    cue_displayed,
    cue_response,
    offer_cue,
    offer_planned,
    pull_cue,
)
from yesand.stage.pacing import invite
from yesand.stage.returning import keep_character
from yesand.stage.reveal import ask as ask_reveal
from yesand.stage.room import post, say
from yesand.stage.sitting import (
    check_in,
    end_session,
    leave,
    notes_done,
    open_session,
    ready,
    report_green_room,
    start_warm_up,
    stay,
    wind_down,
)
from yesand.stage.takes import (
    and_scene,
    close_abandoned,
    close_take,
    object_to_end,
    open_take,
    pause,
    resume,
    settle_end,
)

__all__ = [
    "and_scene",
    "ask_reveal",
    "check_in",
    "choose_scene",
    "close_abandoned",
    "close_take",
    "cue_displayed",
    "cue_response",
    "deal_cards",
    "end_session",
    "invite",
    "keep_character",
    "leave",
    "notes_done",
    "object_to_end",
    "offer_cue",
    "offer_planned",
    "open_session",
    "open_take",
    "pause",
    "post",
    "pull_cue",
    "ready",
    "report_green_room",
    "resume",
    "say",
    "settle_end",
    "stage_now",
    "start_warm_up",
    "stay",
    "swap_card",
    "wind_down",
]


def stage_now() -> float:
    """The stage clock: Unix seconds of the server."""
    return room.stage_now()
