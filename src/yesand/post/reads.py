"""What pages and later houses ask about a processed take."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from yesand.capture import reads as capture
from yesand.kit.spans import Span, merge
from yesand.post import derived
from yesand.post.models import Finding, Processing
from yesand.stage import reads as stage
from yesand.stage.models import Cue, Take

#: The view of turns a page draws: a hold is not broken by the listener's short signals.
VIEW = "hold"


def processing_of(take_id: UUID) -> Processing | None:
    """The newest processing of a take, finished ones first; None before any."""
    rows = Processing.objects.filter(take_id=take_id)
    return rows.filter(state="done").order_by("-at").first() or rows.order_by("-at").first()


def fault_of(take_id: UUID) -> list[str]:
    """What the quick check found that playing again can mend, in sentences; [] for nothing."""
    row = processing_of(take_id)
    verdict = row.quick.get("verdict", {}) if row is not None else {}
    if verdict.get("decision") != "retake":
        return []
    return [str(reason["says"]) for reason in verdict.get("reasons", [])]


def track_key(take: Take, role: str) -> str:
    """Where the aligned sound of a role lies; "" before it is made and after it is erased."""
    row = processing_of(take.pk)
    return f"{row.aligned_key}/{role}.flac" if row is not None and row.aligned_key else ""


def made_at(take: Take) -> str:
    """When what was made of a take last changed, as text; "" before anything was."""
    row = processing_of(take.pk)
    return row.at.isoformat() if row is not None else ""


def peaks_of(take: Take, role: str) -> dict[str, Any] | None:
    """The drawn waveform of a role: {"per_second", "full", "peaks"}, or None."""
    row = processing_of(take.pk)
    if row is None or not row.peaks_key:
        return None
    found = derived.get_json(row.peaks_key)
    return found[role] if found is not None else None


def findings(take_id: UUID) -> list[Finding]:
    """Findings of the newest processing, in order of time."""
    row = processing_of(take_id)
    return list(row.findings.order_by("start", "pk")) if row is not None else []


def needs_person(finding: Finding, row: Processing) -> bool:
    """Whether the finding is one of the verdict's reasons."""
    return any(
        reason.get("code") == finding.code and reason.get("role") == finding.role
        for reason in row.reasons
    )


def _spans(rows: list[dict[str, Any]], role: str, kind: str) -> list[list[float]]:
    return [
        [row["start"], row["end"]]
        for row in rows
        if row["role"] == role and row["kind"] == kind and row["view"] == VIEW
    ]


def _overlaps(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    both = [
        Span(max(x[0], y[0]), min(x[1], y[1]))
        for x in a
        for y in b
        if min(x[1], y[1]) - max(x[0], y[0]) > 0
    ]
    return [[round(s.start, 4), round(s.end, 4)] for s in merge(both)]


def answer_words(cue: Cue) -> str:
    """What became of an offer, in words."""
    return {"took": _("took it"), "bent": _("bent it"), "let_go": _("let it go")}.get(
        cue.response, _("no answer")
    )


def timeline(take: Take) -> dict[str, Any]:
    """The take as its page draws it; all times are seconds from the take's start.

    lanes: per role turns, backchannels, gaps. Also overlaps, cues, findings with a place of their
    own (what is about the whole take is only listed), outs (private spans). Addresses of sound and
    names are the page's.
    """
    row = processing_of(take.pk)
    turns = row.segments.get("turns", []) if row is not None else []
    seconds = float(row.clock.get("seconds", 0.0)) if row is not None and row.clock else 0.0
    length = seconds or stage.seconds_of(take)
    gaps = capture.gaps(take.pk)
    lanes: list[dict[str, Any]] = [
        {
            "role": role,
            "offset": 0.0,
            "turns": _spans(turns, role, "turn"),
            "backchannels": _spans(turns, role, "backchannel"),
            "laughs": [],
            "gaps": [[g.start, g.end] for g in gaps if g.role == role and g.kind == "mic"],
        }
        for role in ("a", "b")
    ]
    return {
        "seconds": length,
        "from": 0,
        "lanes": lanes,
        "overlaps": _overlaps(lanes[0]["turns"], lanes[1]["turns"]),
        "cues": [_cue(take, cue) for cue in stage.cues_of(take) if cue.displayed_at is not None],
        "findings": [
            {
                "number": number,
                "at": found.start,
                "end": found.end,
                "role": found.role or "a",
                "needs_you": row is not None and needs_person(found, row),
            }
            for number, found in enumerate(findings(take.pk), start=1)
            if found.end - found.start < 0.9 * length
        ],
        "outs": [],
        "judge": None,
    }


def _cue(take: Take, cue: Cue) -> dict[str, Any]:
    assert cue.displayed_at is not None
    end = cue.span_end if cue.span_end is not None else cue.displayed_at
    return {
        "at": round(cue.displayed_at - take.opened_at, 3),
        "end": round(end - take.opened_at, 3),
        "role": cue.role,
        "text": cue.action,
        "answer": answer_words(cue),
    }
