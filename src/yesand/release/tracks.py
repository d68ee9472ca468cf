"""The aligned tracks of a take as a release holds them: what is kept out is silent on both."""

from __future__ import annotations

from yesand.capture.models import Track
from yesand.formats.audio import RATE, decode_flac, silenced
from yesand.formats.release_content import TakeMedia
from yesand.infra import objects
from yesand.kit.spans import Span, merge
from yesand.post.models import Processing
from yesand.recording import actions as recording
from yesand.stage import outs
from yesand.stage.models import Take

#: Declared gaps closer than this are one (a block's worth of rounding), seconds.
JOIN = 0.001


def media_of(take: Take, video: tuple[str, ...] = ()) -> TakeMedia:
    """Both tracks at 48 kHz, equal length, sample 0 the take's start; the caller logs it."""
    processing = Processing.objects.filter(take=take, state="done").order_by("-at").get()
    store = objects.default()
    out = outs.silent(take.pk)
    samples = {
        role: decode_flac(store.get(f"{processing.aligned_key}/{role}.flac"), f"{take.pk} {role}")
        for role in "ab"
    }
    length = min(len(s) for s in samples.values())
    end = length / RATE
    gaps = {}
    for role in "ab":
        declared = [
            Span(float(start), min(end, float(stop)))
            for start, stop in processing.clock["gaps"][role]
            if start < end
        ]
        inside = [Span(s.start, min(end, s.end)) for s in out if s.start < end]
        gaps[role] = tuple(merge([*declared, *inside], JOIN))
    films: dict[str, bytes | None] = {"a": None, "b": None}
    for role in video if not outs.kept_out(take.pk) else ():
        # A film cannot be blanked in part without encoding it again: it stays out whole.
        films[role] = _film(take, role)
    return TakeMedia(
        a=silenced(samples["a"][:length], gaps["a"]),
        b=silenced(samples["b"][:length], gaps["b"]),
        gaps_a=gaps["a"],
        gaps_b=gaps["b"],
        video_a=films["a"],
        video_b=films["b"],
    )


def log_reading(take: Take) -> None:
    """Note in the access log that a release was made from a take's recordings."""
    for track in Track.objects.filter(take=take, kind="mic").select_related("stream__recording"):
        recording.log_access(track.stream.recording, None, "release")


def _film(take: Take, role: str) -> bytes | None:
    tracks = list(Track.objects.filter(take=take, role=role, kind="cam").select_related("stream"))
    # One whole film only: parts of a reload are separate files and stay out of the shard.
    if len(tracks) != 1 or not tracks[0].stream.object_key or tracks[0].stream.finding:
        return None
    return objects.default().get(tracks[0].stream.object_key)
