"""What the door allows itself and its clients. Few numbers, each with a working default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from yesand.kit.errors import refuse

VARIABLE = "YESAND_DOOR_LIMITS"


@dataclass(frozen=True)
class Limits:
    """Changed by YESAND_DOOR_LIMITS, for example "idle_s=10,threads=8".

    body_bytes: most bytes of one request body; it is held in memory until it is verified.
    flight_bytes: most body bytes held at once in this process, over all requests.
    stream_bytes: most bytes of one stream, whatever its token says.
    per_stream: most bodies being read at once for one stream.
    idle_s, body_s: seconds a body may pause, and may take in all.
    flight_s: seconds a request waits for room in flight_bytes.
    drain_s: seconds that bodies already arriving get when the process is told to stop.
    sweep_s: seconds between looks for streams whose key ran out before they were complete.
    threads: threads that verify, append and sync.
    checksum_required: 1 refuses bodies without Upload-Checksum.
    """

    body_bytes: int = 1 << 20
    flight_bytes: int = 128 << 20
    stream_bytes: int = 8 << 30
    per_stream: int = 4
    idle_s: float = 30.0
    body_s: float = 120.0
    flight_s: float = 5.0
    drain_s: float = 2.0
    sweep_s: float = 600.0
    threads: int = 16
    checksum_required: int = 0


def read_limits(env: Mapping[str, str]) -> Limits:
    """The limits `env` asks for. Raises Refused naming the variable and the part."""
    limits = Limits()
    known = {field.name: type(getattr(limits, field.name)) for field in fields(Limits)}
    for part in filter(None, env.get(VARIABLE, "").replace(" ", "").split(",")):
        name, _, text = part.partition("=")
        try:
            value = known[name](text)
        except (KeyError, ValueError):
            value = -1
        if not 0 <= value < 1 << 53:
            names = ", ".join(known)
            raise refuse("bad_setting", f"Say name=number of {names}, not {part!r}.", VARIABLE)
        limits = replace(limits, **{name: value})
    return limits
