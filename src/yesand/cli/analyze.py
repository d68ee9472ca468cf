"""`yesand analyze LEFT.wav RIGHT.wav`: the whole of post on two files, without a server."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import soundfile
import typer

from yesand.cli.main import FINE, PROBLEMS
from yesand.cli.say import JSON_HELP, finish, line
from yesand.dsp.frames import Floats
from yesand.kit.errors import refuse
from yesand.post.analysis import Analysis, analyze_pair
from yesand.post.clock import IDENTICAL, Alignment

LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000
_UNKNOWN_SIZE = 0xFFFFFFFF


def analyze(
    left: Annotated[Path, typer.Argument(help="Role a: one channel; or one stereo file alone.")],
    right: Annotated[Path | None, typer.Argument(help="Role b: one channel.")] = None,
    offset_ms: Annotated[
        float, typer.Option(help="How much later RIGHT starts than LEFT, ms.")
    ] = 0.0,
    delay_ab_ms: Annotated[
        float | None, typer.Option(help="From a's mouth to b's ear, ms; gives the ear clocks.")
    ] = None,
    delay_ba_ms: Annotated[
        float | None, typer.Option(help="From b's mouth to a's ear, ms.")
    ] = None,
    detector: Annotated[
        str, typer.Option(help="What finds speech: auto, silero, energy.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Turns, overlaps, levels and findings of two tracks; exit 1 when a person should look.

    Example: yesand analyze a.wav b.wav --json
    """
    if detector not in ("auto", "silero", "energy"):
        raise refuse("bad_option", "Give auto, silero or energy.", "--detector")
    if (delay_ab_ms is None) != (delay_ba_ms is None):
        raise refuse("bad_option", "Give both mouth-to-ear delays or none.", "--delay-ab-ms")
    if right is None:
        both, rate_a = read_track(left, channels=2)
        rate_b = rate_a
        a, b = np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])
    else:
        (one, rate_a), (two, rate_b) = read_track(left, channels=1), read_track(right, channels=1)
        a, b = one[:, 0], two[:, 0]
    alignment = IDENTICAL
    if offset_ms:
        alignment = Alignment(offset_ms, 0.0, 0.0, 0.0, False, True, "offset as given")
    delays = None
    if delay_ab_ms is not None and delay_ba_ms is not None:
        delays = (delay_ab_ms / 1000, delay_ba_ms / 1000)
    found = analyze_pair(
        a, b, rate_a, rate_b, alignment=alignment, delays_s=delays, detector=detector
    )
    fine = found.verdict.decision == "accepted"
    if as_json:
        finish(found.to_json(), as_json=True, ok=fine)
    for text in _lines(found):
        line(text)
    raise typer.Exit(FINE if fine else PROBLEMS)


def read_track(path: Path, channels: int) -> tuple[Floats, int]:
    """(samples, channels) float32 in -1..1 and the rate of a WAV or FLAC file.

    Refused in one sentence, naming the file: missing, not WAV or FLAC, cut short, empty, not the
    asked number of channels, a rate outside 8..192 kHz, values that are no numbers.
    """
    where = str(path)
    if not path.is_file():
        raise refuse("no_file", "There is no such file.", where)
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        _whole_wav(path)
    elif head[:4] not in (b"RF64", b"fLaC"):
        raise refuse("not_audio", "This is not a WAV or FLAC file. Give one of these.", where)
    try:
        samples, rate = soundfile.read(where, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as broken:
        says = f"It cannot be decoded ({broken.error_string.rstrip('.')}). Export it again as WAV."
        raise refuse("bad_audio", says, where) from None
    if samples.shape[1] != channels:
        how = "one channel per file, or one stereo file alone"
        has = f"{samples.shape[1]} channel{'s' if samples.shape[1] != 1 else ''}"
        raise refuse("bad_channels", f"It has {has}; give {how}.", where)
    if len(samples) == 0:
        raise refuse("no_samples", "It holds no samples. Record it again.", where)
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise refuse("bad_rate", f"Its rate is {rate} Hz; give 8000 to 192000 Hz.", where)
    broken_at = np.flatnonzero(~np.isfinite(samples).all(axis=1))
    if len(broken_at):
        at = f"the first at {broken_at[0] / rate:.3f} s"
        says = f"{len(broken_at)} of its values are not numbers, {at}. Export it again."
        raise refuse("not_numbers", says, where)
    return samples, rate


def _whole_wav(path: Path) -> None:
    """Refuse a WAV whose data chunk is missing or shorter than its header promises.

    libsndfile reads such a file without a word, and a take that lost its end looks whole.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 12
        while at + 8 <= size:
            file.seek(at)
            name, length = struct.unpack("<4sI", file.read(8))
            at += 8
            if name == b"data":
                if length != _UNKNOWN_SIZE and at + length > size:
                    there = 100 * (size - at) / length
                    says = f"It is cut short: {there:.1f} % of its sound is there. Copy it again."
                    raise refuse("cut_short", says, str(path))
                return
            at += length + length % 2
    says = "It is cut short: it holds no sound after its header. Copy it again."
    raise refuse("cut_short", says, str(path))


def _lines(found: Analysis) -> list[str]:
    """The analysis for a person at a terminal."""

    def show(value: Any, unit: str = "", scale: float = 1.0, digits: int = 2) -> str:
        return "-" if value is None else f"{value * scale:.{digits}f}{unit}"

    s = found.summary
    out = [
        f"{found.seconds:.1f} s, speech by {found.detector}",
        f"talk           a {show(s['talk_share_a'], ' %', 100, 0)}   "
        f"b {show(s['talk_share_b'], ' %', 100, 0)}   "
        f"both {show(s['overlap_share'], ' %', 100, 1)}   "
        f"nobody {show(s['silence_share'], ' %', 100, 0)}",
        f"turns          {s['turns']}, handed over {s['transfers']} times, "
        f"median {show(s['fto_median_s'], ' s')} (middle half {show(s['fto_iqr_s'], ' s')})",
    ]
    for role, track in found.tracks.items():
        leak = track.leak_in
        heard = (
            "not measured" if not leak.valid else f"{'' if leak.found else '<= '}{leak.db:.0f} dB"
        )
        out.append(
            f"track {role}        peak {track.physical.levels.peak_dbfs:.1f} dBFS   "
            f"speech {show(track.noise.speech_dbfs, ' dBFS', 1, 1)}   "
            f"SNR {show(track.noise.snr_db, ' dB', 1, 0)}   partner heard at {heard}"
        )
    for finding in found.findings:
        mark = "!" if finding.over else " "
        where = f"{finding.start:.2f}-{finding.end:.2f} s"
        out.append(
            f"{mark} {finding.role or 'both'}  {finding.code:10s} {where:18s} {finding.says}"
        )
    words = {
        "accepted": "Accepted.",
        "retake": "Retake: a physical fault that playing again can mend. What was played is paid.",
        "review": "Review: a person should look. What was played is paid.",
    }
    return [*out, words[found.verdict.decision]]
