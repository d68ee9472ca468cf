"""Which takes enter a release, and the one reason each other take stays out. Pure.

Silence is not consent: a take without a choice of both is out. Nothing here knows a rating.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

#: In this order: the first that applies is the one counted.
REASONS = (
    "audition",
    "not_sealed",
    "withdrawn",
    "struck",
    "wrong_use",
    "held",
    "not_kept",
    "no_purpose",
    "pools",
    "not_accepted",
)


@dataclass(frozen=True)
class RoleFacts:
    """What one performer decided about one take.

    choice: keep, hold, strike, or "" for none. purpose: the release's purpose is granted for
    this take now. withdrawn: any withdrawal reaches this take. human: False for robots and
    models, which have nothing to grant and nothing to keep. split_pool: train, dev or test.
    """

    choice: str
    purpose: bool
    withdrawn: bool
    split_pool: str
    human: bool = True


@dataclass(frozen=True)
class TakeFacts:
    """What the rule needs to know about one take. use: train or evaluation, as it was ordered.

    storage: audition, check or take. hours: recorded length, 0 where nothing was sealed.
    """

    take_id: str
    storage: str
    sealed: bool
    accepted: bool
    use: str
    a: RoleFacts
    b: RoleFacts
    hours: float = 0.0

    @property
    def roles(self) -> tuple[RoleFacts, RoleFacts]:
        """Both performers' facts."""
        return (self.a, self.b)


@dataclass(frozen=True)
class LeftOut:
    """Takes and hours that one reason keeps out."""

    reason: str
    takes: int
    hours: float


@dataclass(frozen=True)
class Selection:
    """in_: ids of takes that enter, sorted. out: take id -> reason. left_out: counts, no ids."""

    in_: tuple[str, ...]
    out: dict[str, str]
    left_out: tuple[LeftOut, ...]
    hours: float

    def rows(self) -> list[dict[str, object]]:
        """Rows of table left_out."""
        return [{"reason": r.reason, "takes": r.takes, "hours": r.hours} for r in self.left_out]


def why_out(take: TakeFacts, use: str) -> str | None:
    """The one reason a take stays out of a release for `use`, or None when it enters."""
    people = [role for role in take.roles if role.human]
    rules = {
        "audition": take.storage != "take",
        "not_sealed": not take.sealed,
        "withdrawn": any(role.withdrawn for role in take.roles),
        "struck": any(role.choice == "strike" for role in people),
        "wrong_use": take.use != use,
        "held": any(role.choice == "hold" for role in people),
        "not_kept": any(role.choice != "keep" for role in people),
        "no_purpose": not all(role.purpose for role in people),
        "pools": take.a.split_pool != take.b.split_pool,
        "not_accepted": not take.accepted,
    }
    return next((reason for reason in REASONS if rules[reason]), None)


def select(takes: Iterable[TakeFacts], use: str) -> Selection:
    """Every take in or out, counted. use: what the release is for, train or evaluation."""
    entered: list[str] = []
    out: dict[str, str] = {}
    counted: Counter[str] = Counter()
    lost: defaultdict[str, float] = defaultdict(float)
    inside = 0.0
    for take in sorted(takes, key=lambda take: take.take_id):
        reason = why_out(take, use)
        if reason is None:
            entered.append(take.take_id)
            inside += take.hours
            continue
        out[take.take_id] = reason
        counted[reason] += 1
        lost[reason] += take.hours
    left = tuple(LeftOut(r, counted[r], lost[r]) for r in REASONS if counted[r])
    return Selection(tuple(entered), out, left, inside)
