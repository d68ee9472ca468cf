"""The verbs of post: the quick check right after the seal, and the whole processing of a take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from yesand.capture import reads as capture
from yesand.commission import actions as commission
from yesand.formats.audio import RATE, encode_flac
from yesand.formats.manifest import Manifest
from yesand.infra import facts, objects
from yesand.kit.spans import Span
from yesand.post import analysis, derived, films, hearing, media
from yesand.post.clock import Alignment, TrackClock, align
from yesand.post.layout import Laid, Side, audible, lay, quick_track
from yesand.post.models import Finding, Processing
from yesand.post.peaks import peaks
from yesand.post.quick_check import quick_check as check_pair
from yesand.post.verdict import Finding as Found
from yesand.post.verdict import Verdict
from yesand.recording import keys
from yesand.recording import reads as recording
from yesand.stage import actions as stage
from yesand.stage import reads as stage_reads
from yesand.stage.models import Take

VERSION = analysis.VERSION
PEAKS_PER_SECOND = 20
DECISIONS = {"accepted": "accept", "retake": "retake", "review": "review"}


def folder(take_id: UUID) -> str:
    """Where this pipeline's files of a take lie."""
    return f"takes/{take_id}/derived/{VERSION}"


def _row(take: Take) -> Processing:
    row, _made = Processing.objects.get_or_create(take=take, pipeline_version=VERSION)
    return row


def _sealed(take_id: UUID) -> tuple[Take, Manifest] | None:
    """The take and its manifest; None before its seal and after a recording of it was erased."""
    if recording.erased(take_id):
        return None
    take, manifest = stage_reads.take(take_id), capture.manifest_of(take_id)
    return None if take is None or manifest is None else (take, manifest)


def _alignment(sides: dict[str, Side]) -> Alignment:
    clocks = {role: one.clock for role, one in sides.items()}
    silent = [role for role, clock in clocks.items() if clock is None]
    if silent:
        return Alignment(0.0, 0.0, 0.0, 0.0, False, False, f"no sound arrived from {silent}")
    a, b = clocks["a"], clocks["b"]
    assert isinstance(a, TrackClock) and isinstance(b, TrackClock)
    return align(a, b)


def quick_check(take_id: UUID) -> Processing | None:
    """Levels, clipping, drop-outs and leak right after the seal; tells the room. None before it.

    A fault that playing again can mend lets the room offer a paid retake while both are there.
    Running it again gives the same result.
    """
    found = _sealed(take_id)
    if found is None:
        return None
    take, manifest = found
    sides = media.sides(take_id, manifest)
    heard = {role: quick_track(one, manifest.opened_s) for role, one in sides.items()}
    gaps = {
        role: [Span(gap.start, gap.end) for gap in rows]
        for role, rows in media.declared_gaps(
            take_id, manifest.closed_s - manifest.opened_s
        ).items()
    }
    result = check_pair(
        heard["a"][0],
        heard["b"][0],
        heard["a"][1],
        heard["b"][1],
        heard["b"][2] - heard["a"][2],
        gaps,
        media.limits_of(take.scene.session.program),
    )
    return _keep_quick(take, result.to_json(), result.verdict)


@transaction.atomic
def _keep_quick(take: Take, result: dict[str, Any], verdict: Verdict) -> Processing:
    row = _row(take)
    Processing.objects.select_for_update().get(pk=row.pk)
    row.quick = result
    row.save(update_fields=["quick"])
    session = take.scene.session
    if session.state != "ended":
        stage.say(
            session,
            "quick_check",
            nonce=f"q:{str(take.pk)[-30:]}",
            take=str(take.pk),
            scene=str(take.scene_id),
            decision=verdict.decision,
            reasons=[reason.says for reason in verdict.reasons],
        )
    facts.append("post", "checked", take.pk, decision=verdict.decision)
    return row


def process(take_id: UUID) -> Processing | None:
    """Clock, aligned tracks, analysis, peaks and verdict of a sealed take; None before the seal.

    Rebuilt at will: the same originals and pipeline give the same files. A verdict without faults
    accepts the take for its commission; everything else waits for a person, and pay stands.
    """
    found = _sealed(take_id)
    if found is None:
        return None
    take, manifest = found
    # The keys before the sound: under a key that is destroyed meanwhile nothing can be stored.
    under = keys.under_all(take_id)
    if recording.erased(take_id):
        return None
    _begin(take)
    sides = media.sides(take_id, manifest)
    fusion = hearing.listen(
        sides,
        media.sides(take_id, manifest, "heard"),
        manifest.opened_s,
        manifest.closed_s - manifest.opened_s,
    )
    sides = hearing.with_ears(sides, fusion)
    alignment = _alignment(sides)
    if not any(one.parts for one in sides.values()):
        return _nothing(take, manifest)
    laid = lay(sides, manifest.opened_s, manifest.closed_s)
    prefix = folder(take_id)
    for role, samples in (("a", laid.a), ("b", laid.b)):
        objects.default().put(f"{prefix}/{role}.flac", [encode_flac(samples)], under)
    heard = {role: audible(getattr(laid, role), laid.gaps[role]) for role in media.ROLES}
    drawn = {role: _peaks(heard[role]) for role in media.ROLES}
    asked = {
        role: [Span(gap.start, gap.end) for gap in rows]
        for role, rows in media.declared_gaps(
            take_id, manifest.closed_s - manifest.opened_s
        ).items()
    }
    result = analysis.analyze_pair(
        heard["a"],
        heard["b"],
        RATE,
        RATE,
        alignment=_together(alignment),
        gaps=asked,
        delays_s=hearing.delays_s(fusion),
        limits=media.limits_of(take.scene.session.program),
    )
    clock = hearing.told(fusion) | _clock(manifest, sides, alignment, laid)
    clock["films"] = films.told(take_id, manifest)
    derived.put_json(f"{prefix}/clock.json", clock, under)
    derived.put_json(f"{prefix}/peaks.json", drawn, under)
    derived.put_json(f"{prefix}/analysis.json", result.to_json(), under)
    return _finish(take, manifest, clock, result)


def _together(alignment: Alignment) -> Alignment:
    """The tracks are laid on one clock already; what is left is how sure that is."""
    return Alignment(0.0, alignment.uncertainty_ms, 0.0, 0.0, False, alignment.valid, alignment.why)


def _peaks(samples: Any) -> dict[str, Any]:
    """Largest magnitude per 50 ms; full scale 1."""
    points = max(1, -(-len(samples) * PEAKS_PER_SECOND // RATE))
    drawn = peaks(samples, RATE, points)
    tops = [round(max(high, -low), 3) for low, high in zip(drawn["min"], drawn["max"], strict=True)]
    return {"per_second": PEAKS_PER_SECOND, "full": 1.0, "peaks": tops}


def _clock(
    manifest: Manifest,
    sides: dict[str, Side],
    alignment: Alignment,
    laid: Laid,
) -> dict[str, Any]:
    """clock.json: the refined map every later reader uses. Seconds are from the take's start."""
    return {
        "version": VERSION,
        "opened_s": manifest.opened_s,
        "seconds": laid.seconds,
        "roles": {
            role: [part.clock.to_json() for part in one.parts] for role, one in sides.items()
        },
        "pair": alignment.to_json(),
        "starts": laid.starts,
        "gaps": {role: [[s.start, s.end] for s in spans] for role, spans in laid.gaps.items()},
        "resampled": laid.resampled,
        "excluded": "The delay of microphone, driver and browser before a sample was handed over, "
        "and of output and ear after it left the jitter buffer, cannot be observed and is not part "
        "of any figure.",
    }


@transaction.atomic
def _begin(take: Take) -> None:
    row = _row(take)
    row.state, row.why_failed = "running", ""
    row.save(update_fields=["state", "why_failed"])


@transaction.atomic
def _finish(
    take: Take, manifest: Manifest, clock: dict[str, Any], result: analysis.Analysis
) -> Processing:
    row = Processing.objects.select_for_update().get(take=take, pipeline_version=VERSION)
    prefix = folder(take.pk)
    row.state = "done"
    row.clock = clock
    row.segments = {
        "segments": result.segment_rows(),
        "turns": result.turn_rows(),
        "floor": result.to_json()["floor"],
        "summary": result.to_json()["summary"],
    }
    row.measures = result.measure_rows()
    row.peaks_key, row.aligned_key = f"{prefix}/peaks.json", prefix
    row.save()
    _write_findings(row, result.findings)
    _decide(row, manifest, result.verdict)
    return row


@transaction.atomic
def _nothing(take: Take, manifest: Manifest) -> Processing:
    """Not one sample arrived: a person decides what happens, pay stands."""
    row = Processing.objects.select_for_update().get(take=take, pipeline_version=VERSION)
    row.state, row.why_failed = "failed", "No sound arrived from either side."
    row.save(update_fields=["state", "why_failed"])
    _decide(row, manifest, Verdict("review", ()))
    return row


def _write_findings(row: Processing, found: Sequence[Found]) -> None:
    row.findings.all().delete()
    Finding.objects.bulk_create(
        Finding(
            processing=row,
            code=one.code,
            role=one.role,
            severity=one.severity,
            start=one.start,
            end=one.end,
            value=one.value,
            limit=one.limit,
            unit=one.unit,
            says=one.says[:200],
        )
        for one in found
    )


def _decide(row: Processing, manifest: Manifest, verdict: Verdict) -> None:
    """Write the verdict; whole and without fault it accepts the take for its commission."""
    reasons = [reason.to_json() for reason in verdict.reasons]
    for gone in manifest.missing:
        says = f"Not all of {gone.kind} of role {gone.role} is here: {gone.reason}."
        reasons.append({"code": "missing", "role": gone.role, "says": says, "over": True})
    decision = DECISIONS[verdict.decision]
    if decision == "accept" and manifest.missing:
        decision = "review"
    row.verdict, row.reasons = decision, reasons
    row.save(update_fields=["verdict", "reasons"])
    if decision == "accept":
        commission.accept(row.take_id, row.take.scene.session.commission)
    facts.append("post", "processed", row.take_id, verdict=decision)


@transaction.atomic
def failed(take_id: UUID, why: str) -> None:
    """Note that the processing of a take ended with an error; a person sees it."""
    take = stage_reads.take(take_id)
    if take is None:
        return
    row = _row(take)
    if row.state != "done":
        row.state, row.why_failed = "failed", why[:500]
        row.save(update_fields=["state", "why_failed"])


@transaction.atomic
def erase(take_id: UUID) -> int:
    """Destroy everything derived from a take's sound; returns how many objects went."""
    store = objects.default()
    keys = list(store.names(f"takes/{take_id}/derived/"))
    for key in keys:
        store.delete(key)
    Processing.objects.filter(take_id=take_id).update(
        peaks_key="", aligned_key="", segments={}, state="erased"
    )
    if keys:
        facts.append("post", "erased", take_id, objects=len(keys))
    return len(keys)
