"""Opening the streams of a take for one performer, and of what else a browser records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.capture.models import Track
from yesand.kit.errors import Refused, refuse
from yesand.people.models import Person
from yesand.recording import actions as recording
from yesand.recording.models import Recording, Stream
from yesand.recording.spool import Spool
from yesand.stage.access import place_of
from yesand.stage.models import Place, Take
from yesand.stage.reads import LAMP_OFF, places

#: A request for a stream is repeated by the page for a few seconds when its answer was lost.
RETRY = timedelta(seconds=15)
#: A take may still be joined this long after it closed (a page that was asking when it did).
JOIN = timedelta(seconds=10)
TAKE_KINDS = ("mic", "cam", "events", "heard")

_spools: dict[str, Spool] = {}


def spool() -> Spool:
    """This node's spool."""
    folder = str(Path(settings.HOME) / "spool")
    if folder not in _spools:
        _spools[folder] = Spool(Path(folder))
    return _spools[folder]


def received(stream: Stream) -> int:
    """Bytes of a stream that this node's door has; 0 where it never heard of it."""
    if stream.length is not None:
        return stream.length
    try:
        return spool().look(stream.pk).offset
    except Refused:
        return 0


def granted(stream: Stream, token: str, door_url: str) -> dict[str, Any]:
    """What the browser needs to send one stream."""
    return {
        "stream": str(stream.pk),
        "kind": stream.kind,
        "recording": str(stream.recording_id),
        "token": token,
        "door_url": door_url,
        "max_bytes": recording.max_bytes(stream.recording, stream.kind),
    }


def _place(take: Take, person: Person) -> Place:
    place = place_of(person, take.scene.session)
    if place is None:
        raise refuse("not_yours", _("Only the two players record this scene."), "take")
    return place


@transaction.atomic
def open_streams(
    take: Take, person: Person, kinds: Iterable[str], reason: str = "start"
) -> list[dict[str, Any]]:
    """Streams for one performer's browser in one take, a further part of each after a reload.

    Returns, per kind: stream, kind, token, door_url, recording, max_bytes. A request repeated
    within seconds because its answer was lost gets the same streams with fresh keys.
    Refuses somebody else's take, an unknown kind, and a take that is over.
    """
    place = _place(take, person)
    take = Take.objects.select_related("scene__session__program").get(pk=take.pk)
    if take.state != "open" and (
        take.closed_at is None
        or timezone.now().timestamp() - take.closed_at > JOIN.seconds
        or take.scene.session.state in LAMP_OFF
    ):
        raise refuse("take_closed", _("This scene is over; nothing more is recorded."), "take")
    grants = []
    for kind in kinds:
        if kind not in TAKE_KINDS:
            raise refuse("unknown_kind", _("A stream is mic, cam, events or heard."), "kind")
        grants.append(_grant(take, place.role, _owner(take, place, kind), kind, reason))
    return grants


def _owner(take: Take, place: Place, kind: str) -> Recording:
    """The recording a kind belongs to. What is heard is the partner's voice at this player's ear:
    a recording of both, that goes when either goes."""
    session = take.scene.session
    subjects = [one.person for one in places(session).values()] if kind == "heard" else None
    return recording.open_recording(
        session.program, place.person, "take", take.pk, place.role, subjects
    )


def _grant(take: Take, role: str, owner: Recording, kind: str, reason: str) -> dict[str, Any]:
    parts = Track.objects.select_for_update().filter(take=take, role=role, kind=kind)
    latest = parts.select_related("stream__recording").order_by("-part").first()
    if latest is not None and _is_repeat(latest.stream, reason):
        return granted(latest.stream, recording.token_for(latest.stream), recording.door_url())
    stream, token, door_url = recording.open_stream(owner, kind, reason)
    part = 0 if latest is None else latest.part + 1
    Track.objects.create(take=take, role=role, kind=kind, part=part, stream=stream)
    return granted(stream, token, door_url)


def _is_repeat(stream: Stream, reason: str) -> bool:
    """Whether this asks again for a stream whose answer never reached the page."""
    young = timezone.now() - stream.opened_at < RETRY
    return young and stream.reason == reason == "start" and received(stream) == 0


@transaction.atomic
def renew_stream(person: Person, stream_id: UUID) -> dict[str, Any]:
    """A fresh key to a stream the person's browser records."""
    return granted(*recording.renew(_own(person, stream_id)))


@transaction.atomic
def replace_stream(person: Person, stream_id: UUID) -> dict[str, Any]:
    """The door believes nothing more of a stream: its bytes come again under a new id.

    The new stream takes the old one's place in the take, with the same part number.
    """
    old = _own(person, stream_id)
    follower = Stream.objects.filter(recording=old.recording, why=f"again: {old.pk}").first()
    if follower is not None:
        return granted(follower, recording.token_for(follower), recording.door_url())
    if old.sealed_at is not None:
        raise refuse("stream_sealed", _("This stream is sealed; there is nothing left to send."))
    stream, token, door_url = recording.open_stream(old.recording, old.kind, "suspect")
    stream.why = f"again: {old.pk}"
    stream.save(update_fields=["why"])
    Track.objects.filter(stream=old).update(stream=stream)
    recording.sealed(old, 0, "", "", "", "lost", f"sent again as {stream.pk}")
    return granted(stream, token, door_url)


def _own(person: Person, stream_id: UUID) -> Stream:
    stream = (
        Stream.objects.select_related("recording")
        .filter(pk=stream_id, recording__recorder=person, recording__erased_at=None)
        .first()
    )
    if stream is None:
        raise refuse("not_found", _("There is no such stream of yours."), "stream")
    return stream


@transaction.atomic
def open_other(owner: Recording, kind: str, reason: str) -> dict[str, Any]:
    """A stream of a check or an audition."""
    if owner.storage_class == "take":
        raise ValueError("streams of takes are opened by take")
    return granted(*recording.open_stream(owner, kind, reason))
