"""What may be signed, and when a signature holds. Plain values; no database, no clock.

The rules of `covers`, in the order they are checked:
1. A take of a commission for evaluation is never covered for a purpose that trains.
2. A signature counts from the moment it was given until it expires.
3. A withdrawal of the purpose, or of everything, ends every signature given until then.
4. A withdrawal of one take stays until that very take is signed again: a later signature for all
   takes does not bring back what somebody took out by name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from yesand.kit.canonical import digest
from yesand.kit.errors import refuse

#: Code -> title in English, in the order pages show them; `reads.title_of` translates.
PURPOSES: dict[str, str] = {
    "recognition_training": "Recognition training",
    "voice_generation": "Voice generation",
    "video_generation": "Video generation",
    "likeness_replica": "Likeness replica",
    "evaluation_only": "Evaluation only",
    "publication": "Publication",
    "derived_features": "Derived features",
}
#: Texts that are signed apart from any use of a take.
SIGNATURES: dict[str, str] = {
    "terms": "Terms of the program",
    "rater_terms": "Terms for raters",
    "solo_use": "Solo use",
    "own": "What you felt yourself",
}
#: Purposes that teach a model; an evaluation take can never serve them.
TRAINING = frozenset(
    {"recognition_training", "voice_generation", "video_generation", "likeness_replica"}
)
#: The only two that are offered already explained; every other is asked for alone.
PREEXPLAINED = ("recognition_training", "evaluation_only")
ALL = "all"
CHOICES = ("keep", "hold", "strike")
HOLD = dt.timedelta(hours=48)
YEARS = 3
"""How long a grant of a purpose lasts, unless its text says otherwise."""


@dataclass(frozen=True)
class Signed:
    """A grant as a value. take: None is every take of the program."""

    purpose: str
    take: UUID | None
    at: dt.datetime
    until: dt.datetime | None = None


@dataclass(frozen=True)
class TakenBack:
    """A withdrawal as a value. purpose may be `all`; take None is every take."""

    purpose: str
    take: UUID | None
    at: dt.datetime

    def reaches(self, signed: Signed, take: UUID | None) -> bool:
        """True where this withdrawal ends `signed` for `take`."""
        if self.purpose not in (ALL, signed.purpose):
            return False
        if self.take is None:
            return self.at >= signed.at
        if self.take != take:
            return False
        return signed.take is None or self.at >= signed.at


def covers(
    grants: Iterable[Signed],
    withdrawals: Sequence[TakenBack],
    purpose: str,
    at: dt.datetime,
    take: UUID | None = None,
    use: str | None = None,
) -> bool:
    """True where one person's grants and withdrawals of one program allow a purpose at a moment.

    use: `train` or `evaluation`, as the take's commission fixed it; None where it does not matter.
    """
    if use == "evaluation" and purpose in TRAINING:
        return False
    for signed in grants:
        if signed.purpose != purpose or signed.at > at:
            continue
        if signed.take is not None and signed.take != take:
            continue
        if signed.until is not None and at >= signed.until:
            continue
        if not any(back.at <= at and back.reaches(signed, take) for back in withdrawals):
            return True
    return False


def taken_back(
    grants: Iterable[Signed], withdrawals: Sequence[TakenBack], take: UUID | None, at: dt.datetime
) -> bool:
    """True where everything was withdrawn for a take and nothing that reaches it signed since."""
    ends = [
        back
        for back in withdrawals
        if back.purpose == ALL and back.take in (None, take) and back.at <= at
    ]
    given = [s for s in grants if s.at <= at and s.take in (None, take)]
    return any(all(back.reaches(s, take) for s in given) for back in ends)


def expiry(at: dt.datetime, years: int | None) -> dt.datetime | None:
    """The same day `years` later; 29 February becomes 1 March. None stays open."""
    if years is None:
        return None
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, month=3, day=1)


def receipt(
    kind: str,
    pseudonym: str,
    program: UUID,
    purpose: str,
    take: UUID | None,
    at: dt.datetime,
    terms_sha256: str = "",
    until: dt.datetime | None = None,
) -> dict[str, Any]:
    """What a receipt's hash is taken over; anybody who holds these values can compute it again.

    kind: grant or withdrawal. Moments are UTC to the microsecond, ISO 8601.
    """

    def moment(value: dt.datetime | None) -> str | None:
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds") if value else None

    return {
        "schema": "yesand.receipt/1",
        "kind": kind,
        "person": pseudonym,
        "program": str(program),
        "purpose": purpose,
        "take": str(take) if take else None,
        "at": moment(at),
        "terms_sha256": terms_sha256 or None,
        "until": moment(until),
    }


def receipt_hash(values: dict[str, Any]) -> str:
    """SHA-256 of a receipt's canonical JSON."""
    return digest(values)


def check_spans(spans: Sequence[Sequence[float]]) -> list[list[float]]:
    """Private spans as sorted, joined [start, end] pairs in seconds from the take's start.

    Raises Refused for a span that ends before it starts or lies before the take.
    """
    pairs: list[list[float]] = []
    for span in spans:
        try:
            start, end = (round(float(value), 3) for value in span)
        except (TypeError, ValueError):
            raise refuse("bad_span", "Write a span as two times.", "spans") from None
        if not 0 <= start < end < 24 * 3600:
            raise refuse("bad_span", "A span starts before it ends, inside the take.", "spans")
        pairs.append([start, end])
    joined: list[list[float]] = []
    for start, end in sorted(pairs):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return joined
