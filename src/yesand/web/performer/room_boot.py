"""What the room's scripts must know, and their sentences (browser/README.md)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

import yesand
from yesand.stage import reads
from yesand.stage.models import Place, Session, Take

#: Bits a second of a 640x360 camera in VP8; a larger picture gets more in proportion.
CAMERA_BITS = 900_000
CAMERA_PIXELS = 640 * 360
#: How long a relay's password holds, seconds: longer than any booking.
TURN_LIFE_S = 4 * 3600


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    file = Path(yesand.__file__).parent / "web" / "static" / "built" / "texts.json"
    return dict(json.loads(file.read_text())) if file.is_file() else {}


def texts() -> dict[str, str]:
    """Every sentence of the browser's scripts in the reader's language."""
    return {key: _(english) if english else "" for key, english in _english().items()}


def ice_servers(who: str, now: float | None = None) -> list[dict[str, Any]]:
    """STUN and TURN servers of this deployment; none where players reach each other directly.

    who: one seat of one room; a relay counts its quota by this name. Its password holds four hours
    (coturn's REST scheme, draft-uberti-behave-turn-rest-00).
    """
    expires = int(now if now is not None else time.time()) + TURN_LIFE_S
    name = f"{expires}:{who}"
    signed = hmac.new(settings.TURN_SECRET.encode(), name.encode(), hashlib.sha1).digest()
    servers: list[dict[str, Any]] = []
    for url in settings.ICE_URLS:
        if url.startswith("stun"):
            servers.append({"urls": url})
        else:
            word = base64.b64encode(signed).decode()
            servers.append({"urls": url, "username": name, "credential": word})
    return servers


def ice_policy() -> str:
    """relay where there is one: strangers then do not see each other's address."""
    return "relay" if any(url.startswith("turn") for url in settings.ICE_URLS) else "all"


def check_boot(session: Session, place: Place) -> dict[str, Any]:
    """The boot block of the green room."""
    return {
        "session": str(session.pk),
        "subject": str(session.pk),
        "role": place.role,
        "streams_url": "/api/streams",
        "report_url": f"/api/room/{session.pk}/green-room",
        "socket_url": f"/ws/room/{session.pk}",
        "door_url": settings.DOOR_URL + "/uploads",
        "ice_servers": ice_servers(f"{place.role}-{session.pk}"),
        "min_uplink": 300_000,
        "min_storage": 400_000_000,
        "encoding": "s24",
        "leak_limit_db": session.program.leak_limit_db,
    }


def stage_boot(
    session: Session, place: Place, partner: Place, take: Take | None, rehearsal: bool = False
) -> dict[str, Any]:
    """The boot block of the stage, which is the warm-up's too. rehearsal: offers do not wait."""
    program = session.program
    pixels = program.video_width * program.video_height
    leak = place.green_room.get("checks", {}).get("leak", {})
    return {
        "session": str(session.pk),
        "role": place.role,
        "alias": place.alias,
        "partner": {"role": partner.role, "alias": partner.alias},
        "socket_url": f"/ws/room/{session.pk}",
        "streams_url": "/api/streams",
        "state": session.state,
        "heard": reads.newest_message(session),
        "take": _open(take) if take is not None else None,
        "ice_servers": ice_servers(f"{place.role}-{session.pk}"),
        "ice_policy": ice_policy(),
        "call": {"raw": isinstance(leak, dict) and bool(leak.get("passed"))},
        "camera": {
            "width": program.video_width,
            "height": program.video_height,
            "frame_rate": program.video_fps,
            "bits_per_second": max(300_000, round(CAMERA_BITS * pixels / CAMERA_PIXELS)),
        },
        "encoding": "s24",
        "cue_wait": not rehearsal,
        "keep_minutes": 30,
        "ends_at": reads.slot(session).ends_at.timestamp(),
        "leave_url": f"/room/{session.pk}/leave",
        "left_url": f"/room/{session.pk}/left",
        "notes_url": f"/room/{session.pk}/notes/{{take}}",
    }


def _open(take: Take) -> dict[str, Any]:
    return {
        "id": str(take.pk),
        "scene": str(take.scene_id),
        "opened_at": take.opened_at,
        "paused": reads.is_paused(take),
        "paused_seconds": reads.paused_seconds(take, time.time()),
    }


def director_boot(session: Session, alias: str) -> dict[str, Any]:
    """The boot block of the director's desk."""
    return {
        "session": str(session.pk),
        "role": "director",
        "alias": alias,
        "socket_url": f"/ws/room/{session.pk}",
        "ice_servers": ice_servers(f"director-{session.pk}"),
        "ice_policy": ice_policy(),
        "people": {role: place.alias for role, place in reads.places(session).items()},
    }
