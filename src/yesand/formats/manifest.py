"""manifest.json of a sealed take: who played whom, what was asked, cued when, what is missing.

Times: `client_ms` is milliseconds of one browser's clock (performance.timeOrigin +
performance.now()); `_s` times are Unix seconds of the server, which is the stage clock.
The ping fit is what was known when the take was sealed; the refined map is post's
derived/<version>/clock.json, and every later reader uses that one.
People are pseudonyms. Aliases and names never stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from yesand.formats.typed import parse, to_json
from yesand.kit.canonical import canonical_json
from yesand.kit.errors import Problem, Refused

SCHEMA = "yesand-manifest"
SCHEMA_VERSION = 1

Role = Literal["a", "b"]
Kind = Literal["mic", "cam", "events", "heard"]
#: How bytes of each kind are framed on disk.
Container = Literal["yab1/s24le", "yab1/f32le", "webm/vp8", "webm/vp9", "webm/opus", "jsonl", ""]


@dataclass(frozen=True)
class Prompt:
    """Which text was asked for. sha256: of the prompt version's canonical JSON."""

    id: str
    version: int
    sha256: str


@dataclass(frozen=True)
class Receipt:
    """One grant as signed: purpose, and the SHA-256 of the receipt the person holds."""

    purpose: str
    receipt: str


@dataclass(frozen=True)
class Player:
    """Who played a role. recording: the recording their browser made for this take, or None."""

    role: Role
    pseudonym: str
    kind: Literal["human", "robot", "model"]
    arm: Literal["actor", "non_actor"] | None
    recording: str | None
    consents: tuple[Receipt, ...]


@dataclass(frozen=True)
class Stream:
    """One sealed stream.

    role: whose browser recorded it; subject: whose voice or face it holds.
    part: 0 for the first stream of a role and kind, 1, 2 ... after a reload or a new device.
    path: below the take's folder, None where nothing arrived. length: bytes.
    hash: kit.canonical.StreamHash. rate in Hz and samples for audio, else None.
    first_sample_ms: client_ms at which sample 0 was captured, audio only.
    settings: the track's getSettings() as last read, plain values.
    """

    id: str
    role: Role
    subject: Role
    kind: Kind
    path: str | None
    length: int
    hash: str
    state: Literal["complete", "partial", "lost"]
    reason: str
    container: Container
    part: int = 0
    rate: int | None = None
    samples: int | None = None
    first_sample_ms: float | None = None
    settings: dict[str, Any] | None = None


@dataclass(frozen=True)
class Ping:
    """One exchange: client send, server receive, server send, client receive."""

    t0_ms: float
    t1_s: float
    t2_s: float
    t3_ms: float


@dataclass(frozen=True)
class Count:
    """`samples` of a stream had been handed over when the client clock read `client_ms`."""

    samples: int
    client_ms: float


@dataclass(frozen=True)
class PingFit:
    """stage_s = stage_ref_s + (client_ms - client_ref_ms) / 1000 * (1 + drift_ppm * 1e-6).

    uncertainty_ms is never below half the smallest round trip: an asymmetric path is not
    observable from pings. Device input latency is not in it.
    """

    client_ref_ms: float
    stage_ref_s: float
    drift_ppm: float
    drift_uncertainty_ppm: float
    uncertainty_ms: float
    pings_n: int
    min_rtt_ms: float


@dataclass(frozen=True)
class Gap:
    """A declared hole in a role's audio or picture, in seconds from the take's start.

    Nothing lies before 0: a stream that started late has a gap from 0 to its first sample.
    stream and at_sample: inside one stream, the stored sample right after the hole; None where
    the hole lies between streams or at an edge.
    """

    role: Role
    kind: Kind
    start_s: float
    end_s: float
    cause: Literal["pause", "private", "reload", "device", "lost", "late_start"]
    stream: str | None = None
    at_sample: int | None = None


@dataclass(frozen=True)
class Cue:
    """One offer. aim_*: the intended label; times on the stage clock; None: did not happen."""

    id: str
    role: Role
    action: str
    aim_emotion: str | None
    aim_intensity: int | None
    aim_shown: bool
    empty: bool
    pulled: bool
    asked_s: float
    displayed_s: float | None
    response: Literal["took", "bent", "let_go"] | None
    responded_s: float | None
    span_end_s: float | None


@dataclass(frozen=True)
class Pause:
    """A declared span in which nothing was written. why: pause, someone_came_in, device."""

    start_s: float
    end_s: float
    why: str


@dataclass(frozen=True)
class Missing:
    """A stream that was expected and is not here, or not whole, and why."""

    role: Role
    kind: Kind
    reason: str


@dataclass(frozen=True)
class Manifest:
    """A sealed take. pings and ping_fit by role; counts by stream id."""

    schema: Literal["yesand-manifest"]
    schema_version: Literal[1]
    take: str
    session: str
    index: int
    use: Literal["train", "evaluation"]
    opened_s: float
    closed_s: float
    prompt: Prompt
    players: tuple[Player, ...]
    streams: tuple[Stream, ...]
    pings: dict[str, tuple[Ping, ...]]
    counts: dict[str, tuple[Count, ...]]
    ping_fit: dict[str, PingFit | None]
    gaps: tuple[Gap, ...]
    pauses: tuple[Pause, ...]
    cues: tuple[Cue, ...]
    missing: tuple[Missing, ...]

    def player(self, role: str) -> Player:
        """Who played `role`; raises KeyError for another role."""
        for player in self.players:
            if player.role == role:
                return player
        raise KeyError(role)

    def parts(self, role: str, kind: str) -> list[Stream]:
        """The streams of one role and kind in order; empty where there is none."""
        found = [s for s in self.streams if s.role == role and s.kind == kind]
        return sorted(found, key=lambda stream: stream.part)


def write_manifest(manifest: Manifest) -> bytes:
    """Canonical JSON bytes and one newline; raises Refused when the manifest is inconsistent."""
    problems = _inconsistent(manifest)
    if problems:
        raise Refused(*problems)
    return canonical_json(to_json(manifest)) + b"\n"


def read_manifest(data: bytes, file: str = "manifest.json") -> Manifest:
    """The manifest in `data`; raises Refused naming the field that is wrong."""
    manifest = parse(data, Manifest, file)
    problems = _inconsistent(manifest)
    if problems:
        raise Refused(*problems)
    return manifest


def _inconsistent(manifest: Manifest) -> list[Problem]:
    found: list[Problem] = []

    def add(where: str, says: str) -> None:
        found.append(Problem("bad_manifest", where, says))

    if sorted(player.role for player in manifest.players) != ["a", "b"]:
        add("players", "must name role a once and role b once.")
    if manifest.closed_s < manifest.opened_s:
        add("closed_s", "must not be before opened_s.")
    known: set[str] = set()
    places: set[tuple[str, str, int]] = set()
    for i, stream in enumerate(manifest.streams):
        where = f"streams[{i}]"
        if stream.id in known:
            add(f"{where}.id", "stands twice.")
        known.add(stream.id)
        place = (stream.role, stream.kind, stream.part)
        if place in places:
            add(
                f"{where}.part", f"is the second part {stream.part} of {stream.role} {stream.kind}."
            )
        places.add(place)
        if stream.length < 0:
            add(f"{where}.length", "must not be negative.")
        if stream.kind in ("mic", "heard") and stream.state != "lost":
            if not stream.rate or stream.rate <= 0:
                add(f"{where}.rate", "must be the sample rate in Hz.")
            if stream.samples is None or stream.samples < 0:
                add(f"{where}.samples", "must be the number of samples.")
        if stream.state != "complete" and not stream.reason:
            add(f"{where}.reason", "must say why the stream is not complete.")
        if stream.path is not None and (
            stream.path.startswith("/") or ".." in stream.path.split("/")
        ):
            add(f"{where}.path", "must stay below the take's folder.")
    for i, gap in enumerate(manifest.gaps):
        if gap.stream is not None and gap.stream not in known:
            add(f"gaps[{i}].stream", "names a stream that is not listed.")
        if not 0 <= gap.start_s < gap.end_s:
            add(f"gaps[{i}].end_s", "must be after start_s, and start_s must be 0 or more.")
    for stream_id, counts in manifest.counts.items():
        if stream_id not in known:
            add(f"counts.{stream_id}", "names a stream that is not listed.")
        samples = [count.samples for count in counts]
        if samples != sorted(samples):
            add(f"counts.{stream_id}", "must not run backwards.")
    for name, by_role in (("pings", manifest.pings), ("ping_fit", manifest.ping_fit)):
        for role in by_role:
            if role not in ("a", "b"):
                add(f"{name}.{role}", "must be named by role, a or b.")
    for i, cue in enumerate(manifest.cues):
        if cue.aim_intensity is not None and cue.aim_intensity not in (1, 2, 3):
            add(f"cues[{i}].aim_intensity", "must be 1, 2 or 3.")
        if cue.empty and cue.aim_emotion is not None:
            add(f"cues[{i}].aim_emotion", "must be empty for an empty cue.")
        ends_early = (
            cue.displayed_s is not None
            and cue.span_end_s is not None
            and cue.span_end_s < cue.displayed_s
        )
        if ends_early:
            add(f"cues[{i}].span_end_s", "must not be before displayed_s.")
    for i, pause in enumerate(manifest.pauses):
        if pause.end_s < pause.start_s:
            add(f"pauses[{i}].end_s", "must not be before start_s.")
    return found
