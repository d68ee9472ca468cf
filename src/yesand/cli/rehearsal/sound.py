"""The two given WAV files as microphones of Chromium's fake device."""

from __future__ import annotations

from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from yesand.kit.errors import refuse

#: Rate of Chromium's fake microphone whatever is asked; blocks of 441 samples.
FAKE_RATE = 44_100
BLOCK = 441


def read_mono(path: Path, option: str) -> tuple[np.ndarray, int]:
    """One channel as float64 (n,) and its rate; raises Refused naming the file."""
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (OSError, RuntimeError) as e:
        raise refuse("bad_wav", "is not a sound file that can be read.", f"{option} {path}") from e
    if samples.shape[1] != 1:
        raise refuse(
            "not_mono",
            f"has {samples.shape[1]} channels; give one microphone (sox in.wav out.wav remix 1).",
            f"{option} {path}",
        )
    mono = samples[:, 0]
    if not len(mono):
        raise refuse("empty_wav", "has no samples.", f"{option} {path}")
    if not np.isfinite(mono).all():
        raise refuse("bad_wav", "holds samples that are not numbers.", f"{option} {path}")
    return mono, rate


def as_fake_microphone(source: Path, option: str, out: Path, seconds: float) -> Path:
    """Write 44.1 kHz 16-bit mono, long enough that the scene ends before the file does.

    A shorter file is repeated; the length is a multiple of 441 samples, because Chromium's own
    loop is misaligned otherwise.
    """
    mono, rate = read_mono(source, option)
    if rate != FAKE_RATE:
        common = gcd(rate, FAKE_RATE)
        mono = resample_poly(mono, FAKE_RATE // common, rate // common)
    wanted = int(seconds * FAKE_RATE)
    while len(mono) < wanted:
        mono = np.concatenate([mono, mono])
    mono = mono[: max(wanted, BLOCK)]
    mono = np.pad(mono, (0, -len(mono) % BLOCK))
    peak = float(np.abs(mono).max())
    if peak >= 1:
        mono = mono * (0.99 / peak)
    soundfile.write(out, mono, FAKE_RATE, subtype="PCM_16")
    return out
