"""Sealing a take: every stream ended, the gap table and the manifest written, once.

The manifest alone answers who played whom, what was asked, what was cued when and what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from yesand.capture import points
from yesand.capture.events import Events, join, read_events
from yesand.capture.gap_rules import Account, Film, Part, account, dark
from yesand.capture.manifest_parts import cues_of, pauses_of, players_of, prompt_of
from yesand.capture.models import Gap, Seal, Track
from yesand.capture.ping_fit import fit_pings, stage_s
from yesand.capture.sealing import HEARD_WAIT, SOUND, UNUSED, file_name, seal_stream
from yesand.formats import manifest as form
from yesand.formats.blocks import BlockStream, end_us, first_sample_us, read_stream
from yesand.infra import facts, objects
from yesand.kit.canonical import StreamHash, sha256_hex
from yesand.kit.spans import Span
from yesand.stage import reads as stage
from yesand.stage.models import Take

ROLES: tuple[form.Role, form.Role] = ("a", "b")
#: Without these a take is not whole; a camera is recorded where there is one.
EXPECTED: tuple[form.Kind, form.Kind] = ("mic", "events")
#: Counts of samples against the clock are kept about once a second.
COUNT_EVERY = 10


@dataclass(frozen=True)
class _Side:
    """What one role's browser sent, read back."""

    role: form.Role
    tracks: list[Track]
    events: Events
    audio: dict[str, BlockStream]
    fit: form.PingFit | None


def seal_take(take_id: UUID, now: datetime | None = None) -> Seal | None:
    """Seal a closed take when every stream of it has ended; None while one is still on its way.

    Streams that are whole, or whose deadline has passed, are sealed first. Idempotent: a sealed
    take is returned as it is, and the same streams give the same manifest.
    """
    sealed = Seal.objects.filter(take_id=take_id).first()
    if sealed is not None:
        return sealed
    take = stage.take(take_id)
    if take is None or take.state != "closed":
        return None
    tracks = list(
        Track.objects.filter(take=take)
        .select_related("stream__recording")
        .order_by("role", "kind", "part")
    )
    # Twins asked for twice end when their twin is whole, so whole ones go first.
    waiting: list[Track] = []
    for _round in range(2):
        for track in waiting if _round else tracks:
            track.stream = seal_stream(track.stream_id, now)
        waiting = [track for track in tracks if track.stream.sealed_at is None]
    points.reach("take.after_streams")
    if any(track.kind != "heard" for track in waiting):
        return None
    if waiting and _since_close(take, now) < HEARD_WAIT:
        return None
    for track in waiting:
        track.stream = seal_stream(track.stream_id, now, overdue=True)
    for track in tracks:
        track.refresh_from_db()
    return _write(take, [t for t in tracks if t.stream.why != UNUSED])


def _since_close(take: Take, now: datetime | None) -> timedelta:
    closed = datetime.fromtimestamp(take.closed_at or take.opened_at, tz=UTC)
    return (now or timezone.now()) - closed


def _readable(track: Track) -> bool:
    """Its bytes are here, and whoever read them first found nothing that speaks against it."""
    stream = track.stream
    return bool(stream.object_key) and not stream.finding and stream.recording.erased_at is None


def _side(take: Take, role: form.Role, tracks: list[Track]) -> _Side:
    mine = [track for track in tracks if track.role == role]
    events = join(
        read_events(objects.default().get(track.stream.object_key))
        for track in mine
        if track.kind == "events" and _readable(track)
    )
    audio = {
        str(track.stream_id): read_stream(
            objects.default().get(track.stream.object_key), samples=False
        )
        for track in mine
        if track.kind in SOUND and _readable(track)
    }
    return _Side(role, mine, events, audio, fit_pings(events.pings()))


def _account(take: Take, side: _Side, pauses: list[Span]) -> Account:
    stopped = side.events.stopped()
    parts = []
    for track in side.tracks:
        if track.kind != "mic":
            continue
        audio = side.audio.get(str(track.stream_id))
        parts.append(
            Part(
                stream=str(track.stream_id),
                blocks=audio.blocks if audio is not None else read_stream(b"").blocks,
                rate=audio.rate if audio is not None and audio.rate else 48_000,
                state=track.stream.state,
                stopped=stopped.get(str(track.stream_id)),
                reason=track.stream.reason,
            )
        )
    fit = side.fit or _without_pings(take, side)

    def at_s(client_us: float) -> float:
        return stage_s(fit, client_us / 1000.0) - take.opened_at

    seconds = stage.seconds_of(take)
    found = account(side.role, parts, seconds, pauses, at_s)
    until = [at_s(end_us(part.blocks, part.rate)) for part in parts if len(part.blocks)]
    pictures = dark(side.role, _films(side, at_s), seconds, pauses, until)
    return replace(found, gaps=(*found.gaps, *pictures))


def _films(side: _Side, at_s: Callable[[float], float]) -> list[Film]:
    """The camera's parts that can be shown, as their browser told of them."""
    started, ended = side.events.started_ms(), side.events.ended_ms()

    def on_stage(told: dict[str, float], stream: str) -> float | None:
        return at_s(told[stream] * 1000.0) if stream in told else None

    return [
        Film(name, on_stage(started, name), on_stage(ended, name), track.stream.reason)
        for track in side.tracks
        if track.kind == "cam" and _readable(track)
        for name in (str(track.stream_id),)
    ]


def _without_pings(take: Take, side: _Side) -> form.PingFit:
    """No answered ping: the first sample is laid on the take's start, which the manifest tells."""
    mics = {str(track.stream_id) for track in side.tracks if track.kind == "mic"}
    firsts = [
        first_sample_us(audio.blocks, audio.rate) / 1000.0
        for stream, audio in side.audio.items()
        if stream in mics and len(audio.blocks)
    ]
    reference = min(firsts, default=take.opened_at * 1000.0)
    return form.PingFit(reference, take.opened_at, 0.0, 0.0, 0.0, 0, 0.0)


def _container(track: Track, side: _Side) -> form.Container:
    if track.kind == "events":
        return "jsonl"
    if track.kind in SOUND:
        audio = side.audio.get(str(track.stream_id))
        floats = audio is not None and audio.encoding is not None and audio.encoding.name == "F32"
        return "yab1/f32le" if floats else "yab1/s24le"
    mime = side.events.mime().get(str(track.stream_id), "")
    return "webm/vp9" if "vp9" in mime else "webm/vp8"


def _stream(track: Track, side: _Side) -> form.Stream:
    stream = track.stream
    audio = side.audio.get(str(track.stream_id))
    role: form.Role = side.role
    subject: form.Role = ("b" if role == "a" else "a") if track.kind == "heard" else role
    lost = stream.state == "lost"
    return form.Stream(
        id=str(stream.pk),
        role=role,
        subject=subject,
        kind=track.kind,  # type: ignore[arg-type]
        path=f"{role}/{file_name(track.kind, track.part)}" if _readable(track) else None,
        length=stream.length or 0,
        hash=stream.hash or StreamHash().hexdigest(),
        state=stream.state,  # type: ignore[arg-type]
        reason=stream.finding or (stream.why if stream.state != "complete" else ""),
        container="" if lost else _container(track, side),
        part=track.part,
        rate=audio.rate or 48_000 if audio is not None else (48_000 if _empty(track) else None),
        samples=audio.count if audio is not None else (0 if _empty(track) else None),
        first_sample_ms=track.first_client_ms,
        settings=side.events.settings(str(stream.pk), track.kind),
    )


def _empty(track: Track) -> bool:
    """Sound that was declared whole and is empty still states a rate."""
    return track.kind in SOUND and track.stream.state != "lost"


def _counts(audio: BlockStream) -> tuple[form.Count, ...]:
    blocks = audio.blocks
    rows = sorted({*range(0, len(blocks), COUNT_EVERY), len(blocks) - 1}) if len(blocks) else []
    return tuple(
        form.Count(
            int(blocks["first_sample"][i]) + int(blocks["count"][i]),
            int(blocks["client_us"][i]) / 1000.0,
        )
        for i in rows
    )


def _counts_as_here(track: Track) -> bool:
    return track.stream.state != "lost" and not track.stream.finding


def _missing(sides: list[_Side]) -> tuple[form.Missing, ...]:
    """What a whole take would have. The partner as heard is never among it: a stream that lacks or
    broke off says so in its own row, and no take fails for it."""
    found = []
    for side in sides:
        for kind in EXPECTED:
            if not any(_counts_as_here(t) for t in side.tracks if t.kind == kind):
                mine = [t.stream for t in side.tracks if t.kind == kind]
                whys = [s.finding or s.why for s in mine if s.finding or s.why]
                reason = whys[-1] if whys else "it was never opened"
                found.append(form.Missing(side.role, kind, reason))
        for track in side.tracks:
            if track.stream.state == "partial" and track.kind != "heard":
                found.append(form.Missing(side.role, track.kind, track.stream.why))  # type: ignore[arg-type]
    return tuple(found)


def _write(take: Take, tracks: list[Track]) -> Seal:
    sides = [_side(take, role, tracks) for role in ROLES]
    spans = [
        Span(pause.started_at - take.opened_at, (pause.ended_at or take.opened_at) - take.opened_at)
        for pause in stage.pauses_of(take)
        if pause.ended_at is not None and pause.ended_at >= pause.started_at
    ]
    accounts = [_account(take, side, spans) for side in sides]
    gaps = [gap for found in accounts for gap in found.gaps]
    session = take.scene.session
    whole = form.Manifest(
        schema="yesand-manifest",
        schema_version=1,
        take=str(take.pk),
        session=str(session.pk),
        index=take.scene.index,
        use="evaluation" if session.commission.use == "evaluation" else "train",
        opened_s=take.opened_at,
        closed_s=take.closed_at if take.closed_at is not None else take.opened_at,
        prompt=prompt_of(take),
        players=players_of(take, {side.role: side.tracks for side in sides}),
        streams=tuple(_stream(track, side) for side in sides for track in side.tracks),
        pings={side.role: tuple(side.events.pings()) for side in sides},
        counts={stream: _counts(audio) for side in sides for stream, audio in side.audio.items()},
        ping_fit={side.role: side.fit for side in sides},
        gaps=tuple(gaps),
        pauses=pauses_of(take),
        cues=cues_of(take),
        missing=_missing(sides),
    )
    data = form.write_manifest(whole)
    objects.default().put(f"takes/{take.pk}/manifest.json", [data])
    points.reach("take.after_manifest")
    captured = {key: n for side in sides for key, n in side.events.stopped().items()}
    return _row(take, whole, data, captured, sum(found.lost_s for found in accounts))


@transaction.atomic
def _row(
    take: Take,
    whole: form.Manifest,
    data: bytes,
    captured_samples: dict[str, int],
    lost_s: float,
) -> Seal:
    # The take's row decides which of two runs writes; both would write the same.
    Take.objects.select_for_update().get(pk=take.pk)
    before = Seal.objects.filter(take=take).first()
    if before is not None:
        return before
    for told in whole.streams:
        captured = captured_samples.get(told.id)
        extra = {} if captured is None else {"captured_samples": captured}
        Track.objects.filter(stream_id=told.id).update(settings={**(told.settings or {}), **extra})
    Gap.objects.filter(take=take).delete()
    Gap.objects.bulk_create(
        Gap(take=take, role=g.role, kind=g.kind, start=g.start_s, end=g.end_s, cause=g.cause)
        for g in whole.gaps
    )
    seal = Seal.objects.create(
        take=take,
        manifest_sha256=sha256_hex(data),
        manifest=form.to_json(whole),
        lost_seconds=lost_s,
        sealed_at=timezone.now().astimezone(UTC),
    )
    facts.append(
        "capture",
        "sealed",
        take.pk,
        complete=not whole.missing,
        lost_ms=round(lost_s * 1000),
        session=str(take.scene.session_id),
    )
    return seal
