"""Which offers the engine means to make in one take, and when: plain values in and out.

The plan follows from the card, from the cells the commission still lacks and from the take's seed,
so any process that has those plans the same. It is laid once, when the lamp goes on, and stored
with the take: what other rooms fill meanwhile does not move it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from yesand.stage.cue_rules import (
    APART_S,
    BOTH_APART_S,
    FIRST_S,
    PER_SCENE,
    ROLES,
    WAITS_S,
    Aim,
    Offer,
    aim_of,
    event_of,
    minute_of,
    turns_of,
)
from yesand.stage.draws import dice

#: Nothing new begins in a scene's last half minute.
LAST_S = 30.0
MINUTES = 5.0
SHORTEST, LONGEST = 1.0, 15.0
#: Planned apart by the wait for a pause too, so that no two are *seen* closer than the rules say.
PLANNED_APART_S = APART_S + WAITS_S
PLANNED_BOTH_S = BOTH_APART_S + WAITS_S
#: The deck adds offers up to this many a role: both together the four moments of the notes.
USUAL = 2
LONG_FROM = 8.0
SHORT_UP_TO = 3.0


@dataclass(frozen=True)
class Wish:
    """One action that might be offered. minute: when the card wants it, None for any time.

    pile: 0 the card's own at a minute, 1 the card's own for a pull, 2 the deck.
    """

    action: str
    aim: Aim
    pile: int
    minute: float | None = None


def minutes_of(body: Mapping[str, Any]) -> float:
    """How long the card's scene is meant to take, minutes; 5 where it says nothing usable."""
    hint = body.get("minutes_hint")
    if isinstance(hint, bool) or not isinstance(hint, int | float):
        return MINUTES
    return min(LONGEST, max(SHORTEST, float(hint)))


def most(minutes: float) -> int:
    """Offers a role is planned at most, where the card's author did not write more."""
    if minutes <= SHORT_UP_TO:
        return 1
    return USUAL if minutes < LONG_FROM else PER_SCENE


def plan(
    body: Mapping[str, Any],
    seed: str,
    lacking: Mapping[str, int] | None = None,
    deck: Sequence[tuple[str, Aim]] = (),
    minutes: float | None = None,
) -> list[Offer]:
    """The engine's offers for one take, in order of time.

    minutes: how long the scene is meant to be, where not the card says it. lacking: feeling ->
    takes its cell still lacks, for this scene's relationship and language.
    Actions for feelings that are lacking come first: the card's own at their minute, then those it
    keeps for a pull, then the deck's, where a cell that lacks more is drawn more often. No feeling
    is planned twice in a take while another is lacking, for a take fills a cell once. A feeling
    whose cell is full is offered only where the card's author put it at a minute. What waits for
    an event is never planned.
    """
    random = dice("plan", seed)
    length = minutes_of(body) if minutes is None else minutes
    open_ = {feeling: takes for feeling, takes in (lacking or {}).items() if takes > 0}
    chosen = _choose(_wishes(body, open_, deck), open_, most(length), random)
    targets = [
        (target, role, at, wish)
        for role in ROLES
        for at, (target, wish) in enumerate(_spread(chosen[role], length * 60.0, random))
    ]
    return _paced(sorted(targets, key=lambda t: t[:3]), length * 60.0 - LAST_S)


def _wishes(
    body: Mapping[str, Any], open_: Mapping[str, int], deck: Sequence[tuple[str, Aim]]
) -> dict[str, list[Wish]]:
    """What each role could be offered, in the card's order and then the deck's."""
    rows = turns_of(body)
    own = {str(row["action"]) for row in rows}
    found: dict[str, list[Wish]] = {role: [] for role in ROLES}
    for row in rows:
        if event_of(row):
            continue
        minute = minute_of(row.get("at"))
        aim = aim_of(row)
        if minute is not None:
            found[row["role"]].append(Wish(str(row["action"]), aim, 0, minute))
        elif aim.emotion in open_:
            found[row["role"]].append(Wish(str(row["action"]), aim, 1))
    # What a card itself goes for is not taken from it by the deck.
    covered = {wish.aim.emotion for wishes in found.values() for wish in wishes}
    for action, aim in deck:
        if aim.emotion in open_ and aim.emotion not in covered and action not in own:
            for role in ROLES:
                found[role].append(Wish(action, aim, 2))
    return found


def _choose(
    wishes: Mapping[str, list[Wish]], open_: Mapping[str, int], usual: int, random: Random
) -> dict[str, list[Wish]]:
    """Both roles choose in turn, so that neither takes all that is lacking."""
    # A weighted order without replacement: who lacks more has the better chance, none is certain
    # (Efraimidis & Spirakis 2006), so that fifty rooms do not all aim at one cell.
    luck = {
        (role, at): random.random() ** (1.0 / open_.get(wish.aim.emotion, 1))
        for role in ROLES
        for at, wish in enumerate(wishes[role])
    }
    taken: set[str] = set()
    said: set[str] = set()
    chosen: dict[str, list[Wish]] = {role: [] for role in ROLES}
    order = random.sample(ROLES, len(ROLES))
    timed = {role: sum(wish.pile == 0 for wish in wishes[role]) for role in ROLES}
    limit = {role: max(usual, min(PER_SCENE, timed[role])) for role in ROLES}
    while True:
        before = len(said)
        for role in order:
            if len(chosen[role]) >= limit[role]:
                continue
            ranked = []
            for at, wish in enumerate(wishes[role]):
                lacks = wish.aim.emotion in open_ and wish.aim.emotion not in taken
                full = len(chosen[role]) >= usual and wish.pile != 0
                if wish.action in said or full or not (lacks or wish.pile == 0):
                    continue
                ranked.append((not lacks, wish.pile, -luck[role, at], at))
            if ranked:
                best = wishes[role][min(ranked)[-1]]
                chosen[role].append(best)
                taken.add(best.aim.emotion)
                said.add(best.action)
        if len(said) == before:
            return chosen


def _spread(chosen: Sequence[Wish], length_s: float, random: Random) -> list[tuple[float, Wish]]:
    """When each would come best: the card's at its minute, the others somewhere in the rest."""
    # Room at the end, so that what has to give way to the other role's need not be left out.
    begin, end = FIRST_S, max(FIRST_S, length_s - LAST_S - PLANNED_BOTH_S)
    step = (end - begin) / max(1, len(chosen))
    free = list(range(len(chosen)))
    found: list[tuple[float, Wish]] = []
    for wish in chosen:
        if wish.minute is not None:
            at = round(max(begin, wish.minute * 60.0), 1)
            free.remove(min(free, key=lambda part: (abs(begin + (part + 0.5) * step - at), part)))
            found.append((at, wish))
    for wish in chosen:
        if wish.minute is None:
            part = free.pop(random.randrange(len(free)))
            found.append((round(begin + (part + random.random()) * step, 1), wish))
    return found


def _paced(targets: Sequence[tuple[float, str, int, Wish]], last_s: float) -> list[Offer]:
    """Offers in order of time: the card's at their minutes, the others as near as the rules allow.

    Two of the card's that lie too near give way to the later side. What finds no room before the
    last half minute is left out, unless the card's author put it there.
    """
    placed: list[tuple[float, str, Wish]] = []

    def free(at_s: float, role: str) -> bool:
        return all(abs(at_s - at) > _apart(role, other) - 0.05 for at, other, _ in placed)

    for timed in (True, False):
        for target, role, _number, wish in targets:
            if (wish.minute is not None) is not timed:
                continue
            places = [target]
            for at, other, _ in placed:
                places.append(at + _apart(role, other))
                places += [] if timed else [at - _apart(role, other)]
            # Tenths of a second, so that what is stored is what was checked.
            fit = [round(at_s, 1) for at_s in places if at_s >= (target if timed else FIRST_S)]
            fit = [at_s for at_s in fit if free(at_s, role)]
            fit = [at_s for at_s in fit if at_s <= last_s or (timed and at_s == target)]
            if fit:
                best = min(fit, key=lambda at_s: (abs(at_s - target), at_s))
                placed.append((best, role, wish))
    placed.sort(key=lambda one: one[:2])
    return [
        Offer(index, at_s, role, wish.action, wish.aim)
        for index, (at_s, role, wish) in enumerate(placed)
    ]


def _apart(role: str, other: str) -> float:
    return PLANNED_APART_S if role == other else PLANNED_BOTH_S
