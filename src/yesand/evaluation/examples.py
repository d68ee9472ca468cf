"""A release as examples: what observers heard in each moment, and how it was said. Pure of Django.

The truth of a moment is the observers' consensus: the likeliest feeling of their distribution.
Moments that fewer than 3 observers judged, or that most called `other`, have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from yesand.dsp.frames import HOP_S
from yesand.dsp.prosody import NAMES, contours, functionals
from yesand.formats.audio import RATE
from yesand.formats.emotions import COUNTED
from yesand.formats.release_open import Dyad, Release

LEAST_OBSERVERS = 3
#: Named numbers of one example: yesand-prosody-1 of the moment, then its difference to the
#: whole track, which takes out the voice and the microphone.
FEATURE_NAMES = (*NAMES, *(f"{name}_re_track" for name in NAMES))
#: What cells may be made of: a name -> the column of takes it comes from.
TAKE_FACTORS = ("relationship", "language", "register", "tone", "shape", "family", "power", "arm")


@dataclass(frozen=True)
class Example:
    """One moment of one performer. features: (126,) float64, NaN where undefined.

    performer: who is heard; both: performer and partner. intended: the cue's aim, "" if none.
    """

    item_id: str
    take_id: str
    dyad_id: str
    performer: str
    both: frozenset[str]
    split: str
    use: str
    truth: str
    intended: str
    counts: tuple[int, ...]
    factors: Mapping[str, str]
    features: np.ndarray


def examples(release: Release, progress: Callable[[int, int], None] | None = None) -> list[Example]:
    """Every moment of a release that has a truth; takes in order, moments in time order."""
    made: list[Example] = []
    for done, dyad in enumerate(release):
        made += _of(dyad)
        if progress is not None:
            progress(done + 1, len(release))
    return made


def truth_of(label: Mapping[str, object]) -> str | None:
    """The observers' consensus of one row as `Dyad.labels` gives it, or None."""
    distribution = label["distribution"]
    if not isinstance(distribution, Mapping) or not distribution:
        return None
    if int(str(label["n"])) < LEAST_OBSERVERS:
        return None
    best = max(COUNTED, key=lambda word: distribution[word])
    return None if best == "other" else best


def _of(dyad: Dyad) -> Iterable[Example]:
    aims = {label["item_id"]: label for label in dyad.labels("intended")}
    row = dyad.row
    who = {role: str(row[f"performer_{role}"]) for role in ("a", "b")}
    heard: dict[str, tuple[object, np.ndarray]] = {}
    for label in dyad.labels("observer"):
        truth = truth_of(label)
        if truth is None:
            continue
        role = label["target_role"]
        if role not in heard:
            measured = contours(dyad.track(role).samples, RATE)
            heard[role] = (measured, functionals(measured))
        measured, whole = heard[role]  # type: ignore[assignment]
        first, last = (round(label[edge] / HOP_S) for edge in ("start", "end"))
        moment = functionals(measured, first, max(last, first + 1))
        aim = aims.get(label["item_id"])
        factors = {name: str(row[name]) for name in TAKE_FACTORS if row[name] is not None}
        yield Example(
            item_id=label["item_id"],
            take_id=dyad.take_id,
            dyad_id=str(row["dyad_id"]),
            performer=who[role],
            both=frozenset(who.values()),
            split=str(row["split"]),
            use=str(row["use"]),
            truth=truth,
            intended=truth_of({**aim, "n": LEAST_OBSERVERS}) or "" if aim else "",
            counts=tuple(label["counts"]),
            factors={"feeling": truth, **factors},
            features=np.concatenate([moment, moment - whole]),
        )
