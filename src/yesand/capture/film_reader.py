"""The limited child's reader of cameras: our own reader of the container, then FFmpeg's pictures.

Never imported elsewhere: the child loads it, and pages start without FFmpeg.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import av
from av.error import FFmpegError

from yesand.formats.webm import Film, read_film
from yesand.kit.errors import refuse

#: Frames that are really decoded: the first of them shows whether the rest can be.
DECODED = 48


def film(data: memoryview, most_seconds: float) -> None:
    """The container by our own reader first; then pictures by FFmpeg, which opens nothing else."""
    told = read_film(data, most_seconds)
    _decode(data, told)


class _File(io.RawIOBase):
    """Mapped bytes as a file, without a copy."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        end = len(self.data) if size < 0 else self.at + size
        found = bytes(self.data[self.at : end])
        self.at += len(found)
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self.at, len(self.data))[whence]
        self.at = min(max(0, base + offset), len(self.data))
        return self.at

    def tell(self) -> int:
        return self.at


def _decode(data: memoryview, told: Film) -> None:
    left = DECODED
    try:
        with av.open(
            _File(data), "r", format="matroska", options={"protocol_whitelist": ""}
        ) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for packet in container.demux(stream):
                for frame in packet.decode():
                    left -= 1
                    if frame.width * frame.height > told.width * told.height:
                        raise refuse("absurd_picture", f"a picture is {frame.width} pixels wide")
                if left <= 0:
                    return
    except (FFmpegError, IndexError, ValueError) as error:
        # The tail may be torn; a film whose beginning opens is one.
        if left == DECODED:
            raise refuse("not_decodable", f"FFmpeg: {type(error).__name__}") from None
    if left == DECODED:
        raise refuse("not_decodable", "FFmpeg finds no picture in it")


READ: dict[str, Callable[[memoryview, float], None]] = {"cam": film}
