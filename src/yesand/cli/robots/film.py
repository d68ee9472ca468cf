"""A robot's picture: four drawings of a face, and its camera's film made of them as it plays.

The film is written a few frames a second while the scene runs, never before it: encoding minutes
of film at the start of a take made robots seconds late.
"""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np

from yesand.cli.robots.voices import HEIGHT, WIDTH, face

#: Frames a second of the film and of the call.
FPS = 4
BLINK_EVERY = 15


@lru_cache
def drawn(role: str, open_mouth: bool, open_eyes: bool) -> np.ndarray:
    """One of the four drawings as planes of yuv420p, uint8 (HEIGHT * 3 / 2, WIDTH)."""
    frame = face(role, 2 if open_eyes else 0, open_mouth)
    return av.VideoFrame.from_ndarray(frame, "rgb24").reformat(format="yuv420p").to_ndarray()


def warm(role: str) -> None:
    """Draw all four, before anybody waits."""
    for mouth in (False, True):
        for eyes in (False, True):
            drawn(role, mouth, eyes)


def frame(role: str, number: int, talking: bool) -> av.VideoFrame:
    """The picture at frame `number`: the mouth moves every other frame, the eyes blink."""
    planes = drawn(role, talking and number % 2 == 0, number % BLINK_EVERY != BLINK_EVERY - 1)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


class _Written(io.RawIOBase):
    """Where the muxer writes; it cannot go back, as a browser's recorder cannot."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:  # type: ignore[no-untyped-def]
        self.bytes += data
        return len(data)


class Film:
    """WebM with VP8 video only, as a browser's recorder makes it, slice by slice."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.number = 0
        self._out = _Written()
        self._container = av.open(
            self._out, "w", format="webm", options={"live": "1", "cluster_time_limit": "1000"}
        )
        stream = self._container.add_stream("libvpx", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = 60_000
        stream.options = {"deadline": "realtime", "cpu-used": "8", "threads": "1"}
        stream.time_base = Fraction(1, FPS)
        stream.codec_context.gop_size = 2 * FPS
        self._stream = stream

    def upto(self, seconds: float, talking: list[bool]) -> bytes:
        """The bytes of the frames up to `seconds` of film. talking: one a frame, the last holds."""
        count = int(seconds * FPS) - self.number
        for n in range(max(0, count)):
            mouth = talking[min(n, len(talking) - 1)] if talking else False
            made = frame(self.role, self.number, mouth)
            made.pts, made.time_base = self.number, Fraction(1, FPS)
            self._container.mux(self._stream.encode(made))
            self.number += 1
        return self._taken()

    def _taken(self) -> bytes:
        data, self._out.bytes = bytes(self._out.bytes), bytearray()
        return data

    def end(self) -> bytes:
        """The rest."""
        if self.number:
            self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._taken()
