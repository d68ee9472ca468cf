"""A sealed take's streams as the processing needs them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from yesand.capture import reads as capture
from yesand.formats.blocks import BlockStream, read_stream
from yesand.formats.manifest import Manifest, Stream
from yesand.infra import objects
from yesand.people.models import Program
from yesand.post.layout import Side, side
from yesand.post.verdict import Limits

ROLES = ("a", "b")
#: How long a microphone may take to open after the lamp was asked for, seconds.
OPENING_S = 3.0
#: How long before the end of a take its recorder may stop, seconds.
CLOSING_S = 1.0


def limits_of(program: Program) -> Limits:
    """The program's own rows as limits of a take."""
    return Limits(
        gap_s=program.gap_limit_ms / 1000.0,
        clipped_share=program.clipped_limit_ppm / 1e6,
        leak_db=float(program.leak_limit_db),
    )


def _bytes(take_id: UUID, stream: Stream) -> bytes:
    return objects.default().get(f"takes/{take_id}/{stream.path}") if stream.path else b""


def sides(take_id: UUID, manifest: Manifest, kind: str = "mic") -> dict[str, Side]:
    """Both roles' microphone parts on the stage clock; with kind `heard` what each heard."""
    found = {}
    for role in ROLES:
        streams: list[BlockStream] = [
            read_stream(_bytes(take_id, stream)) for stream in manifest.parts(role, kind)
        ]
        found[role] = side(streams, manifest.pings.get(role, ()), manifest.opened_s)
    return found


def declared_gaps(take_id: UUID, seconds: float) -> dict[str, list[Any]]:
    """Per role, the declared gaps of the microphone that count against a take.

    Not counted: pauses the players asked for, and the edges: a microphone opens a moment after
    the lamp is asked for (the players' own lamp shows when it records), and stops a moment before
    the house has closed the take.
    """
    found: dict[str, list[Any]] = {}
    for role in ROLES:
        found[role] = [
            gap
            for gap in capture.gaps(take_id)
            if gap.role == role
            and gap.kind == "mic"
            and gap.cause != "pause"
            and not (gap.cause == "late_start" and gap.end <= OPENING_S)
            and not (gap.cause == "device" and gap.start >= seconds - CLOSING_S)
        ]
    return found
