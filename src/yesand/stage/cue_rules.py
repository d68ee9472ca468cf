"""When an offer may be made, and what a card's offers are: plain values in and out.

A cue is an offer. Nobody has to take it, and most of a scene has none: at most one a minute and
three a scene for each role, never both roles at one moment, one scene in three without any, one
cue in ten empty as a control. Which are planned, and when: `cue_plan`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yesand.stage.draws import dice, drawn

APART_S = 60.0
#: Both roles are never offered something at one moment: neither may hear that it was one.
BOTH_APART_S = 10.0
#: An offer waits for the performer's own pause, at most this long (browser/src/stage/offers.ts).
WAITS_S = 12.0
PER_SCENE = 3
SPAN_S = 20.0
#: One cue in this many shows only "carry on".
EMPTY_EVERY = 10
#: One scene in this many is played without offers of ours.
BARE_EVERY = 3
#: Nothing is offered before the players have begun.
FIRST_S = 30.0
MAX_WORDS = 8
CARRY_ON = "Carry on"
ROLES = ("a", "b")
PULL = "pull"


@dataclass(frozen=True)
class Aim:
    """What an action aims at: a feeling of the label set and 1 slight, 2 clear, 3 strong.

    Neutral has no intensity.
    """

    emotion: str
    intensity: int | None


@dataclass(frozen=True)
class Offer:
    """One planned offer. at_s: seconds of play from the take's start, pauses not counted.

    Whether it is made as the empty control is drawn when it is made, over the whole program.
    """

    index: int
    at_s: float
    role: str
    action: str
    aim: Aim


def cues_in(session: str, index: int) -> bool:
    """Whether the engine makes offers in scene `index` (from 0) where the plan does not say.

    One scene of every three is bare. Of the first three it is the first, of the next three the
    middle one, which a booking of five plays last: nobody is warm in the one, and the other is the
    players' own choice. After that it is drawn. A player may still pull an offer in a bare scene,
    and a director may still make one.
    """
    if index < 2 * BARE_EVERY:
        return index not in (0, BARE_EVERY + 1)
    return not drawn(f"{session}:bare", index, BARE_EVERY)


def long_form_cues(program: str, ordinal: int) -> bool:
    """Whether long scene number `ordinal` (from 0) of a program has offers.

    A long form has one to three scenes, too few to be a block of their own: one of every three of
    the program's is bare.
    """
    return not drawn(f"{program}:long", ordinal, BARE_EVERY)


def empty(program: str, ordinal: int) -> bool:
    """Whether the engine's offer number `ordinal` (from 0) of a program is the empty control.

    Exactly one of every ten offers made, whoever plays.
    """
    return drawn(f"{program}:empty", ordinal, EMPTY_EVERY)


def minute_of(at: Any) -> float | None:
    """The minute a turn of a prompt names, or None where it names an event or a pull."""
    if isinstance(at, bool):
        return None
    if isinstance(at, int | float):
        return float(at)
    return None


def turns_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The offers written on a card: rows with role, action and aim; anything else is left out."""
    rows = body.get("turns") or []
    return [
        row
        for row in rows
        if isinstance(row, Mapping)
        and row.get("role") in ROLES
        and row.get("action")
        and isinstance(row.get("aim"), Mapping)
    ]


def aim_of(turn: Mapping[str, Any]) -> Aim:
    """The aim of one turn of a card."""
    aim = turn["aim"]
    emotion = str(aim.get("emotion", ""))
    return Aim(emotion, None if emotion == "neutral" else int(aim.get("intensity") or 2))


def event_of(turn: Mapping[str, Any]) -> str:
    """What has to happen before this turn fits, as the card says it; "" where nothing has to.

    Nobody but a person can tell that it happened: such a turn comes from the director's desk, or
    first of all when its player asks for one.
    """
    at = turn.get("at")
    return at if isinstance(at, str) and at != PULL else ""


def seen_s(asked: float, displayed: float | None, now: float) -> float:
    """When a performer saw a cue, or will have: it is displayed at their next pause."""
    return displayed if displayed is not None else min(now, asked + WAITS_S)


def why_not(now_s: float, mine: Sequence[float], theirs: Sequence[float] = (), *, by: str) -> str:
    """Why no cue may be offered to a role now, as a code; "" when one may.

    mine, theirs: when this role and the other saw the cues of this take (`seen_s`), any unit
    shared with now_s (seconds). The three of a scene hold for everybody. A minute apart, and not
    with the other's, hold for the engine and the director; a player who wants one may pull it.
    """
    if len(mine) >= PER_SCENE:
        return "scene_full"
    if by == PULL:
        return ""
    if mine and now_s - max(mine) < APART_S:
        return "too_soon"
    if theirs and now_s - max(theirs) < BOTH_APART_S:
        return "both_at_once"
    return ""


def pull(
    body: Mapping[str, Any],
    role: str,
    used: Sequence[str],
    deck: Sequence[tuple[str, Aim]],
    seed: str,
    wanted: Collection[str] = (),
) -> tuple[str, Aim] | None:
    """The action and aim dealt to a role that pressed *Deal me one*; None when none is left.

    First what the card keeps for an event, then for a pull, then any other turn of the card, then
    the deck of actions; never an action already shown in this take. wanted: feelings this scene's
    cells still lack; while any of the four has an action for one of them, that one is dealt.
    Who asks gets something to do: a pulled cue is never the empty control.
    """
    mine = [row for row in turns_of(body) if row["role"] == role and row["action"] not in used]
    events = [row for row in mine if event_of(row)]
    kept = [row for row in mine if minute_of(row.get("at")) is None]
    piles = [[(str(row["action"]), aim_of(row)) for row in rows] for rows in (events, kept, mine)]
    piles.append([entry for entry in deck if entry[0] not in used])
    lacking = [[entry for entry in pile if entry[1].emotion in wanted] for pile in piles]
    best = next((pile for pile in [*lacking, *piles] if pile), None)
    return dice("pull", seed, role, len(used)).choice(best) if best else None


def action_problem(action: str) -> str:
    """What is wrong with an action a director wrote, as one sentence; "" when it is fine."""
    words = action.split()
    if not words:
        return "Write what they could do, verb first."
    if len(words) > MAX_WORDS:
        return f"Use {MAX_WORDS} words or fewer; this has {len(words)}."
    if len(action) > 80:
        return "Use 80 characters or fewer."
    return ""


def span_ends(displayed: Sequence[float | None], closed_at: float) -> list[float | None]:
    """Where each cued span of one role ends: the next displayed cue, 20 s, or the take's end.

    displayed: stage-clock times in any order of the role's cues, None for a cue never shown,
    which has no span. Same order out.
    """
    shown = sorted(at for at in displayed if at is not None)
    ends: list[float | None] = []
    for at in displayed:
        if at is None:
            ends.append(None)
            continue
        following = [other for other in shown if other > at]
        limit = min([at + SPAN_S, closed_at, *following[:1]])
        ends.append(max(at, limit))
    return ends
