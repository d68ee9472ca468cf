"""A copy of both sides of a take for its two players, with a signed note of who performed it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from dataclasses import dataclass

from yesand.formats.pair import write_pair
from yesand.formats.performance import Player, pack, statement
from yesand.infra import objects
from yesand.kit.errors import refuse
from yesand.post import reads as post
from yesand.release import signer
from yesand.stage import outs
from yesand.stage import reads as stage
from yesand.stage.models import Take


@dataclass(frozen=True)
class SharedCopy:
    """name: of the ZIP file; data: its bytes."""

    name: str
    data: bytes


def sound_of(take: Take, start: float = 0.0, end: float | None = None) -> tuple[bytes, float]:
    """Both sides as one stereo FLAC without what is kept out, and its seconds.

    Refuses before the take is processed; raises objects.Missing once it was erased.
    """
    keys = {role: post.track_key(take, role) for role in "ab"}
    if not all(keys.values()):
        raise refuse("not_here_yet", "The sound of this take is still on its way here.", "take")
    store, out = objects.default(), io.BytesIO()
    seconds = write_pair(
        store.get(keys["a"]), store.get(keys["b"]), out, outs.silent(take.pk), start, end
    )
    return out.getvalue(), seconds


def shared_copy(take: Take) -> SharedCopy:
    """The whole take of both, packed with its note. The caller has asked both and logs it."""
    data, seconds = sound_of(take)
    name = f"take-{str(take.pk)[:8]}"
    session = take.scene.session
    said = statement(
        program=session.program.name,
        take=str(take.pk),
        date=dt.datetime.fromtimestamp(take.opened_at, dt.UTC).date().isoformat(),
        seconds=seconds,
        players={
            role: Player(place.alias, place.person.pseudonym, place.person.player_kind)
            for role, place in stage.places(session).items()
        },
        sound=f"{name}.flac",
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return SharedCopy(f"{name}.zip", pack(signer.key(), said, data, f"{name}.zip"))
