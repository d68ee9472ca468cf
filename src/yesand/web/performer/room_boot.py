"""What the stage's script must know, and its sentences."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

import yesand
from yesand.people.models import Person
from yesand.stage import reads
from yesand.stage.models import Place, Session, Take


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    file = Path(yesand.__file__).parent / "web" / "static" / "built" / "texts.json"
    return dict(json.loads(file.read_text())) if file.is_file() else {}


def texts() -> dict[str, str]:
    """Every sentence of the browser's scripts in the reader's language."""
    return {key: _(english) if english else "" for key, english in _english().items()}


def ice_servers() -> list[dict[str, Any]]:
    """STUN and TURN servers of this deployment; none on a machine of one's own."""
    return list(getattr(settings, "ICE_SERVERS", ()))


def stage_boot(
    session: Session, place: Place, partner: Place, take: Take | None, person: Person
) -> dict[str, Any]:
    """The boot block of browser/README.md, *Stage*."""
    program = session.program
    slot = reads.slot(session)
    green = place.green_room.get("checks", {}).get("leak", {})
    open_take = None
    if take is not None:
        open_take = {
            "id": str(take.pk),
            "scene": str(take.scene_id),
            "opened_at": take.opened_at,
            "paused": reads.is_paused(take),
            "paused_seconds": reads.paused_seconds(take, time.time()),
        }
    return {
        "session": str(session.pk),
        "role": place.role,
        "alias": place.alias,
        "partner": {"role": partner.role, "alias": partner.alias},
        "socket_url": f"/ws/room/{session.pk}",
        "streams_url": "/api/streams",
        "state": session.state,
        "take": open_take,
        "ice_servers": ice_servers(),
        "ice_policy": getattr(settings, "ICE_POLICY", "all"),
        "call": {"raw": bool(green.get("passed"))},
        "camera": {
            "width": program.video_width,
            "height": program.video_height,
            "frame_rate": program.video_fps,
            "bits_per_second": 900_000,
        },
        "encoding": "s24",
        # A rehearsal plays files: nobody would make the pause an offer waits for.
        "cue_wait": not person.email.endswith("@rehearsal.example"),
        "show_aim": False,
        "keep_minutes": 30,
        "ends_at": slot.ends_at.timestamp(),
        "leave_url": f"/room/{session.pk}/leave",
        "left_url": f"/room/{session.pk}/left",
        "notes_url": f"/room/{session.pk}/notes/{{take}}",
    }
