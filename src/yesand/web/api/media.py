"""The one door through which media leaves: short-lived signed addresses, each reading logged.

`media_url` is called by a view that has already asked whether the person may hear or see; the
address is theirs alone, for a few minutes, for one reason. The door asks again what may have
changed since: an erased recording is gone, a struck or withdrawn take is not played to the other.

What is longer than a piece goes out piece by piece, so that a film of any length costs this
process a few pieces; each is opened with the key as it stands then, so that an erasure also ends
what is just being sent.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET

from yesand.capture import reads as capture
from yesand.consent import reads as consent
from yesand.formats.audio import decode_flac, encode_flac, silenced
from yesand.infra import objects
from yesand.kit.canonical import digest
from yesand.kit.spans import Span
from yesand.people.models import Person
from yesand.post import reads as post
from yesand.post.films import films
from yesand.recording import actions as recording
from yesand.recording.models import Recording, Stream
from yesand.stage import outs
from yesand.stage import reads as stage
from yesand.stage.models import Take
from yesand.web.access import may_see_take, person_of, role_in_take
from yesand.web.api import ranges

LIFE_S = 300
SALT = "yesand.media"
WHATS = ("track", "film", "own", "stream")


@dataclass(frozen=True)
class _Object:
    key: str
    size: int
    kind: str
    recording: Recording
    version: str
    """Changes with the bytes behind `key`."""
    name: str = ""

    @property
    def etag(self) -> str:
        return f'"{digest([self.key, self.size, self.version])[:32]}"'


def media_url(
    person: Person,
    what: str,
    about: uuid.UUID,
    role: str,
    reason: str,
    part: uuid.UUID | None = None,
) -> str:
    """An address for `person`, good for five minutes.

    what: track (a role's aligned sound), film (its camera), own (the same as track, to keep) of
    the take `about`; stream: the sealed stream `about` of an audition. reason: see
    recording.actions.READ_REASONS. part: of a film that broke off, the stream; else the first.
    """
    if what not in WHATS:
        raise ValueError(f"no such medium: {what!r}")
    claim = {"p": str(person.pk), "w": what, "a": str(about), "r": role, "y": reason}
    if part is not None:
        claim["n"] = str(part)
    return reverse("api:media", kwargs={"token": signing.dumps(claim, salt=SALT, compress=True)})


@require_GET
def media(request: HttpRequest, token: str) -> HttpResponseBase:
    """Serve one object, whole or a range of it."""
    person = person_of(request)
    try:
        claim = signing.loads(token, salt=SALT, max_age=LIFE_S)
    except signing.BadSignature:
        raise Http404 from None
    if claim["p"] != str(person.pk):
        raise Http404
    about = uuid.UUID(claim["a"])
    try:
        stream = claim["w"] == "stream"
        found = _stream(about) if stream else _of_take(person, claim, about)
        if found is None:
            raise Http404
        asked = ranges.asked(
            request.headers.get("Range", ""),
            request.headers.get("If-Range", ""),
            found.etag,
            found.size,
        )
        if asked is None:
            answer = HttpResponse(status=416)
            answer["Content-Range"] = f"bytes */{found.size}"
            return answer
        first = _piece(found.key, asked.start, asked.end)
    except objects.Missing:  # erased since its row was read
        raise Http404 from None
    # One address is one reading, however often its player seeks.
    goes_on = None if asked.start == 0 else timedelta(seconds=LIFE_S)
    recording.log_access(found.recording, person, claim["y"], goes_on)
    return _answer(found, asked, first)


def _answer(found: _Object, asked: ranges.Asked, first: bytes) -> HttpResponseBase:
    answer: HttpResponseBase
    if len(first) == asked.end - asked.start:
        answer = HttpResponse(first, content_type=found.kind)
    else:
        answer = StreamingHttpResponse(
            _pieces(found.key, first, asked.start, asked.end), content_type=found.kind
        )
    answer["Content-Length"] = str(asked.end - asked.start)
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, no-store"
    answer["ETag"] = found.etag
    if asked.part:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {asked.start}-{asked.end - 1}/{found.size}"
    if found.name:
        answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return answer


def _piece(key: str, at: int, end: int) -> bytes:
    """Bytes from `at` to the next whole piece or `end`: no sealed frame is opened twice."""
    until = min(end, (at // objects.PIECE + 1) * objects.PIECE)
    return objects.default().read_range(key, at, until - at)


async def _pieces(key: str, first: bytes, start: int, end: int) -> AsyncIterator[bytes]:
    """The first piece and those after it, each read when the one before is on its way.

    An object that goes meanwhile breaks the answer off: its reader sees that bytes lack.
    """
    piece, at = first, start
    while piece:
        yield piece
        at += len(piece)
        piece = await asyncio.to_thread(_piece, key, at, end) if at < end else b""
    if at < end:
        raise OSError(f"the object ends before its size: {key}")


def _stream(about: uuid.UUID) -> _Object | None:
    stream = Stream.objects.select_related("recording").filter(pk=about).first()
    if stream is None or not stream.object_key or stream.recording.erased_at is not None:
        return None
    if stream.finding:  # nobody's browser decodes what we would not
        return None
    if stream.recording.storage_class != "audition":
        return None
    kind = "video/webm" if stream.kind == "cam" else "application/octet-stream"
    return _Object(stream.object_key, stream.length or 0, kind, stream.recording, stream.sha256)


def _of_take(person: Person, claim: dict[str, str], about: uuid.UUID) -> _Object | None:
    what, role = claim["w"], claim["r"]
    take = stage.take(about)
    if take is None or role not in ("a", "b") or not may_see_take(person, take):
        return None
    if not still_open(person, take, role):
        return None
    tracks = [track for track in capture.tracks(take.pk, role) if track.kind != "heard"]
    owner = next((track.stream.recording for track in tracks), None)
    if owner is None or owner.erased_at is not None:
        return None
    mine = role_in_take(person, take) == role
    private = [] if mine else outs.kept_out(take.pk)
    if what == "film":
        # A film cannot be blanked in part: with something private in it, it is its player's alone.
        return None if private else _film(take, role, claim.get("n", ""))
    key = post.track_key(take, role)
    if key and private:
        key = _quiet(key, role, private)
    size = objects.default().size(key) if key else None
    if not key or size is None:
        return None
    if what == "own" and not mine:
        return None
    name = f"take-{str(take.pk)[:8]}-{role}.flac" if what == "own" else ""
    return _Object(key, size, "audio/flac", owner, post.made_at(take), name)


def _quiet(key: str, role: str, private: list[Span]) -> str:
    """The track with the private spans silent, kept beside the whole one until they change."""
    spans = [[span.start, span.end] for span in private]
    quiet = f"{key.rsplit('/', 1)[0]}/quiet-{digest(spans)[:16]}/{role}.flac"
    store = objects.default()
    if store.size(quiet) is None:
        # Under the same keys as the whole one: what it hides goes when that goes. Read first, so
        # that what is erased meanwhile can only be refused, never written plain.
        under = store.under(key)
        if under is None:
            raise objects.Missing(key)
        samples = decode_flac(store.get(key), key)
        store.put(quiet, [encode_flac(silenced(samples, private))], under)
    return quiet


def _film(take: Take, role: str, part: str) -> _Object | None:
    for film in films(take.pk, role):
        stream = film.stream
        if part in ("", str(stream.pk)):
            return _Object(
                stream.object_key,
                stream.length or 0,
                "video/webm",
                stream.recording,
                stream.sha256,
            )
    return None


def still_open(person: Person, take: Take, role: str) -> bool:
    """Whether `role`'s lane may still be played to `person`: a performer's own, always.

    The partner's lane goes for the other performer when its owner strikes or withdraws the take.
    """
    mine = role_in_take(person, take)
    if not mine or mine == role:
        return True
    owner = stage.places(take.scene.session)[role].person
    choice = consent.choice_of(owner, take.pk)
    if choice is not None and choice.choice == "strike":
        return False
    return not consent.withdrawn(owner, take.scene.session.program, take.pk)
