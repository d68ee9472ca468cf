"""What the limited child of `capture.examine` does with each kind of stream. Never run elsewhere.

A reader goes through every byte as later readers will and raises Refused where they should not.
Ordinary damage (a torn tail, a flipped bit, a missing block) is no reason: it is declared later.
"""

from __future__ import annotations

from collections.abc import Callable

from yesand.capture.events import read_events
from yesand.formats.blocks import MAX_FINDINGS, BlockReader
from yesand.kit.errors import refuse

PIECE = 1 << 20
#: Blocks a second of sound may come in; ours come in ten.
MOST_BLOCKS = 400
#: A clock may jump by this much within one stream (a lid that was closed), seconds.
CLOCK_S = 3600.0
#: Highest rate of a sound card, Hz: more samples than this a second are no recording.
MOST_RATE = 192_000


def sound(data: memoryview, most_seconds: float) -> None:
    """Framed blocks: every header and checksum, and how many there are of what."""
    reader = BlockReader()
    blocks = samples = 0
    counted, clock = 0, (1 << 63, -(1 << 63))
    most_blocks = int(MOST_BLOCKS * (most_seconds + 1))
    for start in range(0, len(data), PIECE):
        for block in reader.feed(data[start : start + PIECE]):
            blocks += 1
            samples += block.count
            counted = max(counted, block.header.first_sample + block.count)
            at = block.header.client_us
            clock = (min(clock[0], at), max(clock[1], at))
        if blocks > most_blocks:
            raise refuse("too_many_blocks", f"more than {most_blocks} blocks in one stream")
        if len(reader.findings) >= MAX_FINDINGS:
            raise refuse("too_damaged", f"{MAX_FINDINGS} things are wrong in it")
        if reader.rate > MOST_RATE:
            raise refuse("absurd_rate", f"it states {reader.rate} samples a second")
        if reader.rate and max(samples, counted) > reader.rate * most_seconds:
            raise refuse("too_long", f"it counts more than {most_seconds:.0f} s of sound")
        if blocks and clock[1] - clock[0] > (most_seconds + CLOCK_S) * 1e6:
            raise refuse("absurd_clock", "its clock runs far longer than its recording")
    reader.finish()


def events(data: memoryview, most_seconds: float) -> None:
    """JSON lines, within their own limits."""
    read_events(bytes(data))


READ: dict[str, Callable[[memoryview, float], None]] = {
    "mic": sound,
    "heard": sound,
    "events": events,
}
