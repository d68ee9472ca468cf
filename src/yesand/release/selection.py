"""Which takes enter a release, and the one counted reason why each other stays out. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

#: In the order they are checked: the first that applies is the reason that is counted.
REASONS = {
    "not_sealed": "not sealed yet",
    "audition": "an audition, which never enters a release",
    "other_use": "ordered for another use",
    "struck": "struck by a performer",
    "withdrawn": "withdrawn by a performer",
    "held": "held by a performer",
    "not_kept": "not yet kept by both",
    "without_purpose": "without the purpose",
    "not_processed": "not processed yet",
    "not_accepted": "not accepted",
    "robots": "with a robot or model in it",
    "humans": "with a human in it",
    "no_split": "performers of different split pools",
}


@dataclass(frozen=True)
class TakeFacts:
    """What decides about one take; `choices` and `purposes` are of its performers."""

    take: str
    sealed: bool
    storage_class: str
    use: str
    choices: tuple[str, ...]
    """keep, hold, strike or "" (silence) per performer."""
    withdrawn: bool
    purpose_covered: bool
    """Every performer allows the purpose for this take now."""
    processed: bool
    accepted: bool
    humans: int
    """How many of the players are human."""
    splits: tuple[str, ...]
    seconds: float = 0.0


def reason(facts: TakeFacts, use: str, robots: bool = False) -> str | None:
    """Why a take stays out of a release of this use, or None when it enters.

    robots: the release is one of robots; such a release takes no human in.
    """
    checks = (
        ("not_sealed", not facts.sealed),
        ("audition", facts.storage_class != "take"),
        ("other_use", facts.use != use),
        ("struck", "strike" in facts.choices),
        ("withdrawn", facts.withdrawn),
        ("held", "hold" in facts.choices),
        ("not_kept", len(facts.choices) < 2 or any(c != "keep" for c in facts.choices)),
        ("without_purpose", not facts.purpose_covered),
        ("not_processed", not facts.processed),
        ("not_accepted", not facts.accepted),
        ("robots", not robots and facts.humans < len(facts.choices)),
        ("humans", robots and facts.humans > 0),
        ("no_split", len(set(facts.splits)) != 1 or "" in facts.splits),
    )
    return next((code for code, out in checks if out), None)


@dataclass(frozen=True)
class Selection:
    """takes: ids that enter, sorted. left_out: takes and hours by reason, in checking order."""

    takes: tuple[str, ...]
    left_out: dict[str, tuple[int, float]]


def select(facts: Iterable[TakeFacts], use: str, robots: bool = False) -> Selection:
    """Apply `reason` to every take."""
    entering: list[str] = []
    count: Counter[str] = Counter()
    seconds: defaultdict[str, float] = defaultdict(float)
    for take in facts:
        code = reason(take, use, robots)
        if code is None:
            entering.append(take.take)
        else:
            count[code] += 1
            seconds[code] += take.seconds
    return Selection(
        tuple(sorted(entering)),
        {code: (count[code], seconds[code] / 3600) for code in REASONS if count[code]},
    )
