"""Microphone streams as a browser's recorder writes them, and as somebody who means harm might."""

from __future__ import annotations

import uuid

import numpy as np

from tests.fakes import films
from yesand.formats.blocks import Encoding, Header, encode_block

STREAM = uuid.UUID(int=7)


def block(number: int, samples: object, **changes: object) -> bytes:
    values = {
        "stream": STREAM,
        "encoding": Encoding.S24,
        "sequence": number,
        "rate": 48_000,
        "first_sample": number * 4800,
        "device_us": number * 100_000,
        "client_us": 10**15 + number * 100_000,
    }
    return encode_block(Header(**(values | changes)), np.asarray(samples))  # type: ignore[arg-type]


SOUND = np.arange(4800, dtype=np.int32)


def good(blocks: int = 20) -> bytes:
    return b"".join(block(n, SOUND) for n in range(blocks))


FLIPPED = bytearray(good())
FLIPPED[500] ^= 1
#: name -> (bytes, code of the finding; "" where it is read as damaged).
SOUNDS = {
    "a flipped bit": (bytes(FLIPPED), ""),
    "a repeated block": (block(0, SOUND) + good(), ""),
    "zeros": (bytes(100_000), ""),
    "a page": (films.POLYGLOT * 100, ""),
    "NaN and infinity": (
        b"".join(
            block(n, np.full(4800, bad, "<f4"), encoding=Encoding.F32)
            for n, bad in enumerate((np.nan, np.inf, -np.inf))
        ),
        "",
    ),
    "a lying length": (block(0, SOUND)[:56] + b"\xff\xff\xff\xff" + block(0, SOUND)[60:], ""),
    "time going backwards": (block(0, SOUND) + block(1, SOUND, client_us=10**14), "absurd_clock"),
    "a clock a little back": (block(0, SOUND) + block(1, SOUND, client_us=10**15 - 9), ""),
    "10^9 samples skipped": (block(0, SOUND) + block(1, SOUND, first_sample=10**9), "too_long"),
    "another rate in the middle": (block(0, SOUND) + block(1, SOUND, rate=44_100), ""),
    "a rate of 384 kHz": (block(0, SOUND, rate=384_000), "absurd_rate"),
    "an hour of sound in a minute": (good(800), "too_long"),
    "blocks of one sample": (
        b"".join(block(n, SOUND[:1], first_sample=n) for n in range(30_000)),
        "too_many_blocks",
    ),
    "one block again and again": (block(0, SOUND[:1]) * 100_000, "too_damaged"),
    "magic words without end": (b"YAB1" * 1_000_000, ""),
}
