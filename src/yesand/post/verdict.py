"""Findings and what follows from them: accepted, retake or review, with reasons in words.

Physical faults over a limit can ask for a paid retake. Behavior only ever routes to a person, and
pay stands; no rule here rejects a performer. Nothing here knows a label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["physical", "behavioral"]
Decision = Literal["accepted", "retake", "review"]


@dataclass(frozen=True)
class Limits:
    """A program's limits for one take; the defaults are those shown on the program page.

    gap_s: seconds missing per role, lost buffers included. clipped_share: of all samples.
    leak_db: the partner's voice on a track, relative to the partner's own track.
    dead_dbfs: a microphone whose loudest moments stay below has recorded nothing.
    snr_db: speech over noise. uncertainty_ms: of the two tracks' alignment.
    fto_low_s, fto_high_s: where the median of floor transfers lies when the clocks are right.
    dead_air_s: longest silence of both. talk_share: least share of the speech for one role, asked
    for from `talk_after_s` on.
    """

    gap_s: float = 1.0
    clipped_share: float = 0.001
    leak_db: float = -35.0
    dead_dbfs: float = -65.0
    snr_db: float = 10.0
    uncertainty_ms: float = 150.0
    fto_low_s: float = -0.6
    fto_high_s: float = 2.0
    dead_air_s: float = 30.0
    talk_share: float = 0.03
    talk_after_s: float = 60.0


DEFAULT = Limits()

# code -> (severity, does it ask for a retake, sentence). Sentences are gettext msgids; their
# numbers are filled in after translation.
RULES: dict[str, tuple[Severity, bool, str]] = {
    "dead_mic": (
        "physical",
        True,
        "The microphone recorded nothing (loudest %(value).0f dBFS).",
    ),
    "gaps": (
        "physical",
        True,
        "%(value).2f s are missing; at most %(limit).2f s may be.",
    ),
    "dropouts": (
        "physical",
        True,
        "The sound stops dead %(count)d times, %(value).3f s in all.",
    ),
    "clipping": (
        "physical",
        True,
        "%(percent).2f %% of the samples are clipped; at most %(limit_percent).2f %% may be.",
    ),
    "leak": (
        "physical",
        True,
        "The partner is heard on this track at %(value).0f dB; at most %(limit).0f dB may be.",
    ),
    "noise": (
        "physical",
        False,
        "Speech is only %(value).0f dB above the noise; %(limit).0f dB are asked for.",
    ),
    "alignment": (
        "physical",
        False,
        "The two tracks are aligned to %(value).0f ms only; %(limit).0f ms are asked for.",
    ),
    "no_alignment": (
        "physical",
        False,
        "The two tracks could not be aligned.",
    ),
    "timing": (
        "physical",
        False,
        "Turns follow each other %(value).2f s apart in the middle: the clocks may be wrong.",
    ),
    "dead_air": (
        "behavioral",
        False,
        "Nobody speaks for %(value).0f s.",
    ),
    "one_sided": (
        "behavioral",
        False,
        "This role speaks %(percent).0f %% of the speech.",
    ),
    "no_speech": (
        "behavioral",
        False,
        "There is sound but no speech was found.",
    ),
}


@dataclass(frozen=True)
class Finding:
    """One observation.

    code: a key of `RULES`. role: a, b or "" for the pair. start, end: seconds from the take's
    start. value and limit in `unit`; `over` says whether the limit is passed. evidence: numbers a
    person needs to check it, JSON values only.
    """

    code: str
    role: str
    start: float
    end: float
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    over: bool = True
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return RULES[self.code][0]

    @property
    def template(self) -> str:
        """The sentence with its places; a msgid for gettext."""
        return RULES[self.code][2]

    @property
    def values(self) -> dict[str, Any]:
        """What fills the places of the template."""
        return {
            "value": self.value or 0.0,
            "limit": self.limit or 0.0,
            "percent": 100 * (self.value or 0.0),
            "limit_percent": 100 * (self.limit or 0.0),
            "count": self.evidence.get("count", 0),
        }

    @property
    def says(self) -> str:
        """The sentence in English."""
        return self.template % self.values

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "severity": self.severity, "says": self.says}


@dataclass(frozen=True)
class Verdict:
    """decision: accepted | retake | review; reasons: the findings it rests on, gravest first.

    paid is always True: what was played is paid, whatever the decision.
    """

    decision: Decision
    reasons: tuple[Finding, ...]
    paid: bool = True

    def to_json(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "reasons": [reason.to_json() for reason in self.reasons],
            "paid": self.paid,
        }


def decide(findings: Sequence[Finding]) -> Verdict:
    """The verdict over a take's findings.

    A physical fault over its limit that playing again can mend asks for a retake; any other
    finding over its limit asks a person to look. Findings under their limit are only kept.
    """
    over = [finding for finding in findings if finding.over]
    mend = [f for f in over if RULES[f.code][1]]
    look = [f for f in over if not RULES[f.code][1]]
    look.sort(key=lambda f: f.severity != "physical")
    if mend:
        return Verdict("retake", (*mend, *look))
    if look:
        return Verdict("review", tuple(look))
    return Verdict("accepted", ())
