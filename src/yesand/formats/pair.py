"""Two mono tracks as one stereo FLAC, a piece at a time: a long take never lies in memory twice."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import soundfile

from yesand.formats.audio import RATE, silenced
from yesand.kit.errors import refuse
from yesand.kit.spans import Span

#: Samples decoded at once.
PIECE = 10 * RATE


def write_pair(
    left: bytes,
    right: bytes,
    out: BinaryIO,
    silent: Sequence[Span] = (),
    start: float = 0.0,
    end: float | None = None,
) -> float:
    """Write [start, end) of two mono 48 kHz FLACs as the channels of one; returns its seconds.

    silent: spans (seconds of the whole tracks) that are zero in both channels. Raises Refused for
    a track that is not one 48 kHz channel, and where nothing lies between start and end.
    """
    with _opened(left, "left") as a, _opened(right, "right") as b:
        last = min(a.frames, b.frames)
        if end is not None:
            last = min(last, round(end * RATE))
        at = max(0, round(start * RATE))
        if at >= last:
            raise refuse("bad_audio", "holds nothing there.", "span")
        first = at
        a.seek(at)
        b.seek(at)
        with soundfile.SoundFile(out, "w", RATE, 2, format="FLAC", subtype="PCM_24") as pair:
            while at < last:
                count = min(PIECE, last - at)
                here = [Span(max(0.0, s.start - at / RATE), max(0.0, s.end - at / RATE))
                        for s in silent]  # fmt: skip
                sides = [silenced(track.read(count, dtype="int32"), here) for track in (a, b)]
                pair.write(np.stack(sides, axis=1))
                at += count
    return (last - first) / RATE


def _opened(data: bytes, where: str) -> soundfile.SoundFile:
    try:
        sound = soundfile.SoundFile(io.BytesIO(data))
    except soundfile.LibsndfileError as broken:
        raise refuse("bad_audio", f"cannot be decoded ({broken}).", where) from None
    if sound.samplerate != RATE or sound.channels != 1:
        sound.close()
        raise refuse("bad_audio", "is not one 48 kHz channel.", where)
    return sound
