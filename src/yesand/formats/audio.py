"""Audio files to arrays and back: FLAC as releases hold it, WAV and FLAC as people give it.

Samples are int32 on the 24-bit scale, -8388608..8388607, everywhere in this package: one number
per captured sample, no float rounding on the way to a release.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from yesand.kit.errors import refuse
from yesand.kit.spans import Span

#: The rate of every track in a release, Hz.
RATE = 48_000
#: One step above the largest sample of the 24-bit scale.
FULL_SCALE = 1 << 23
_LEVEL = 0.625  # libsndfile's 0..1 for libFLAC's 0..8: level 5, libFLAC's own default


@dataclass(frozen=True)
class Audio:
    """samples: int32 (n, channels) on the 24-bit scale; rate in Hz."""

    samples: np.ndarray
    rate: int


def to_float(samples: np.ndarray) -> np.ndarray:
    """int32 on the 24-bit scale to float32 in -1..1 (exact: 24 bits fit a float32)."""
    return samples.astype(np.float32) / np.float32(FULL_SCALE)


def to_int24(samples: np.ndarray) -> np.ndarray:
    """Float in -1..1 to int32 on the 24-bit scale, rounded to nearest even and limited."""
    scaled = np.rint(np.asarray(samples, dtype=np.float64) * FULL_SCALE)
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int32)


def silenced(samples: np.ndarray, spans: Iterable[Span], rate: int = RATE) -> np.ndarray:
    """A copy of int32 (n,) in which the spans (seconds) are zero."""
    quiet = samples.copy()
    for span in spans:
        quiet[max(0, round(span.start * rate)) : max(0, round(span.end * rate))] = 0
    return quiet


def encode_flac(samples: np.ndarray, rate: int = RATE) -> bytes:
    """One mono track as 24-bit FLAC; the same samples give the same bytes on one libFLAC.

    samples: int32 (n,), n >= 1, on the 24-bit scale. Raises ValueError otherwise.
    """
    if samples.dtype != np.int32 or samples.ndim != 1 or not len(samples):
        raise ValueError("a track is a non-empty one-dimensional int32 array")
    if samples.min() < -FULL_SCALE or samples.max() >= FULL_SCALE:
        raise ValueError("a track's samples must fit 24 bits")
    out = io.BytesIO()
    # libsndfile takes the upper 24 bits of an int32
    soundfile.write(
        out, samples << 8, rate, format="FLAC", subtype="PCM_24", compression_level=_LEVEL
    )
    return out.getvalue()


def decode_flac(data: bytes, where: str) -> np.ndarray:
    """int32 (n,) on the 24-bit scale of a mono 48 kHz FLAC; raises Refused naming `where`."""
    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="int32")
    except soundfile.LibsndfileError as broken:
        raise refuse("bad_audio", f"cannot be decoded ({broken}).", where) from None
    if rate != RATE or samples.ndim != 1:
        raise refuse("bad_audio", "is not one 48 kHz channel.", where)
    return np.asarray(samples >> 8, dtype=np.int32)


def decode_float(data: bytes, where: str) -> np.ndarray:
    """float32 (n,) in -1..1 of a mono 48 kHz FLAC: `to_float(decode_flac(...))`, but faster."""
    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    except soundfile.LibsndfileError as broken:
        raise refuse("bad_audio", f"cannot be decoded ({broken}).", where) from None
    if rate != RATE or samples.ndim != 1:
        raise refuse("bad_audio", "is not one 48 kHz channel.", where)
    return np.asarray(samples)


def read_audio(path: str | Path) -> Audio:
    """A WAV, FLAC or AIFF file a person gave, all channels; raises Refused naming the file.

    Linear integer formats keep their bits (16-bit values are scaled by 256); float files are
    rounded to 24 bits. Compressed formats with loss are refused: they are not evidence.
    """
    file = Path(path)
    if not file.is_file():
        raise refuse("no_file", "does not exist.", str(file))
    try:
        with soundfile.SoundFile(file) as sound:
            if sound.format not in ("WAV", "WAVEX", "FLAC", "AIFF", "RF64", "W64"):
                raise refuse("bad_audio", f"is {sound.format}; give WAV or FLAC.", str(file))
            if sound.subtype in ("FLOAT", "DOUBLE"):
                samples = to_int24(sound.read(dtype="float64", always_2d=True))
            else:
                samples = sound.read(dtype="int32", always_2d=True) >> 8
            rate = sound.samplerate
    except soundfile.LibsndfileError as broken:
        raise refuse("bad_audio", f"cannot be read as audio ({broken}).", str(file)) from None
    if not len(samples):
        raise refuse("bad_audio", "holds no samples.", str(file))
    return Audio(np.asarray(samples, dtype=np.int32), rate)
