"""When an offer may be made, and which: plain values in and out, no clock, no database.

A cue is an offer. Nobody has to take it, and most of a scene has none: at most one a minute and
three a scene for each role, one scene in three without any, one cue in ten empty as a control.
Everything the engine plans follows from the take's seed, so any process can plan it again.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

APART_S = 60.0
PER_SCENE = 3
SPAN_S = 20.0
#: One cue in this many shows only "carry on".
EMPTY_EVERY = 10
#: One scene in this many is played without offers of ours.
BARE_EVERY = 3
#: Nothing is offered before the players have begun, nor twice to both at one moment.
FIRST_S = 30.0
MAX_WORDS = 8
CARRY_ON = "Carry on"
ROLES = ("a", "b")


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

    aim is None for an empty cue, whose action is `CARRY_ON`.
    """

    index: int
    at_s: float
    role: str
    action: str
    aim: Aim | None

    @property
    def empty(self) -> bool:
        return self.aim is None


def _random(*parts: object) -> random.Random:
    seed = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return random.Random(seed)


def cues_in(session: str, index: int) -> bool:
    """Whether the engine makes offers in scene `index` (from 0) of a session.

    The first scene and every third after it are the control, so that a short booking has one
    too. A player may still pull an offer there, and a director may still make one.
    """
    return index % BARE_EVERY != 0


def _minute(at: Any) -> float | None:
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


def plan(body: Mapping[str, Any], seed: str) -> list[Offer]:
    """The engine's offers for one take, in order of time, from the card's turns.

    Turns that name a minute come at it; of each role at most three, a minute apart. One in ten
    is turned into the empty control. Turns that wait for an event or a pull are not planned.
    """
    random_of = _random("plan", seed)
    chosen: list[tuple[float, str, str, Aim]] = []
    for role in ROLES:
        last = -APART_S
        count = 0
        timed = [(m, row) for row in turns_of(body) if (m := _minute(row.get("at"))) is not None]
        for minute, row in sorted(timed, key=lambda pair: pair[0]):
            if row["role"] != role or count == PER_SCENE:
                continue
            at_s = max(FIRST_S, minute * 60.0, last + APART_S)
            chosen.append((at_s, role, str(row["action"]), aim_of(row)))
            last, count = at_s, count + 1
    offers = []
    for index, (at_s, role, action, aim) in enumerate(sorted(chosen, key=lambda c: (c[0], c[1]))):
        if random_of.randrange(EMPTY_EVERY) == 0:
            offers.append(Offer(index, at_s, role, CARRY_ON, None))
        else:
            offers.append(Offer(index, at_s, role, action, aim))
    return offers


def why_not(now_s: float, asked: Sequence[float], *, by: str) -> str:
    """Why no cue may be offered to a role now, as a code; "" when one may.

    asked: times of the cues this role was already asked in this take, any unit shared with now_s
    (seconds). The three of a scene hold for everybody. A minute apart holds for the engine and
    the director; a player who wants another may pull it sooner.
    """
    if len(asked) >= PER_SCENE:
        return "scene_full"
    if by != "pull" and asked and now_s - max(asked) < APART_S:
        return "too_soon"
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

    First what the card keeps for a pull or an event, then any other turn of the card, then the
    deck of actions; never an action already shown in this take. wanted: feelings this scene's
    cells still lack; while any of the three has an action for one of them, that one is dealt.
    Who asks gets something to do: a pulled cue is never the empty control.
    """
    random_of = _random("pull", seed, role, len(used))
    mine = [row for row in turns_of(body) if row["role"] == role and row["action"] not in used]
    kept = [row for row in mine if _minute(row.get("at")) is None]
    piles = [[(str(row["action"]), aim_of(row)) for row in rows] for rows in (kept, mine)]
    piles.append([entry for entry in deck if entry[0] not in used])
    lacking = [[entry for entry in pile if entry[1].emotion in wanted] for pile in piles]
    best = next((pile for pile in [*lacking, *piles] if pile), None)
    return random_of.choice(best) if best else None


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
