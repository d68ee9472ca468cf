"""The room log: one ordered, durable list of messages per session, signaling and replay in one.

Order: whoever writes holds the session's row, so ids of one session are committed in the order
they are given and a reader that asks for `id > last` misses nothing.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from yesand.infra import bus
from yesand.kit.canonical import canonical_json
from yesand.kit.errors import refuse
from yesand.stage.models import RoomMessage, Session

#: Channel of the bus on which a room's id says "there is something new".
CHANNEL = "room"
KINDS = frozenset(
    {
        "signal",
        "present",
        "ready",
        "cards",
        "state",
        "take_opened",
        "take_closed",
        "cue",
        "cue_response",
        "cue_displayed",
        "pause",
        "resume",
        "leave",
        "and_scene",
        "scene_chosen",
        "notes_done",
        "kept",
        "device",
        "quick_check",
        "say",
        "line",
        "stay",
        "reveal",
    }
)
ROLES = frozenset({"a", "b", "director", "server"})
#: An SDP offer of a call with two media lines has about 10 kB.
MAX_BODY = 64 * 1024
MAX_NONCE = 36


def stage_now() -> float:
    """The stage clock: Unix seconds of the server."""
    return time.time()


def locked(session: Session | uuid.UUID) -> Session:
    """The session's row, held until the transaction ends; every verb of a room starts here."""
    key = session.pk if isinstance(session, Session) else session
    return Session.objects.select_for_update(no_key=True).get(pk=key)


@transaction.atomic
def post(
    session: Session,
    *,
    kind: str,
    role: str,
    sender: str,
    body: dict[str, Any],
    to: str = "",
    nonce: str = "",
) -> RoomMessage:
    """Append one message and wake every process that serves this room.

    to: only for this role, "" for everybody. nonce: the sender's; the same (role, nonce) again
    is the same message and is returned as it was stored.
    Refuses an unknown kind or role and a body over 64 KiB of JSON.
    """
    if kind not in KINDS:
        raise refuse("unknown_kind", _("This room does not know that message."), "kind")
    if role not in ROLES or (to and to not in ROLES):
        raise refuse("unknown_role", _("Nobody of that role is in a room."), "to")
    if len(nonce) > MAX_NONCE + 4:
        raise refuse("nonce_long", _("A nonce has at most 36 characters."), "nonce")
    try:
        size = len(canonical_json(body))
    except ValueError:
        raise refuse("bad_body", _("The message is not plain JSON."), "body") from None
    if size > MAX_BODY:
        raise refuse("too_large", _("A message has at most 64 KiB."), "body")
    session = locked(session)
    if nonce:
        before = RoomMessage.objects.filter(session=session, role=role, nonce=nonce).first()
        if before is not None:
            return before
    message = RoomMessage.objects.create(
        session=session,
        kind=kind,
        sender=sender[:40],
        role=role,
        to=to,
        body=body,
        nonce=nonce,
        at=stage_now(),
    )
    bus.notify(CHANNEL, str(session.pk))
    return message


def say(session: Session, kind: str, to: str = "", nonce: str = "", **body: Any) -> RoomMessage:
    """A message of the house itself."""
    return post(session, kind=kind, role="server", sender="server", body=body, to=to, nonce=nonce)


def hidden_nonce(role: str, nonce: str) -> str:
    """The nonce of a message that must not say who sent it: only its sender reads it back."""
    return f"{role}:{nonce}" if nonce else ""


@dataclass(frozen=True)
class Reader:
    """Who reads the log: a, b or director."""

    role: str

    def may_read(self, message: RoomMessage) -> bool:
        """Own messages, those for everybody, those for this role; a director every cue too.

        What is kept for the house alone (`to` server) reaches nobody.
        """
        if message.to == "server":
            return False
        if message.role == self.role or message.to in ("", self.role):
            return True
        return self.role == "director" and message.kind != "signal"

    def shown_nonce(self, message: RoomMessage) -> str:
        """The nonce as its sender sent it; "" for everybody else."""
        if message.role == self.role:
            return message.nonce
        prefix = f"{self.role}:"
        if message.role == "server" and message.nonce.startswith(prefix):
            return message.nonce[len(prefix) :]
        return ""

    def as_json(self, message: RoomMessage) -> dict[str, Any]:
        """The message as the socket sends it."""
        return {
            "type": "log",
            "id": message.pk,
            "kind": message.kind,
            "sender": message.sender,
            "role": message.role,
            "to": message.to,
            "body": message.body,
            "at": message.at,
            "nonce": self.shown_nonce(message),
        }


def gone(session: Session, role: str, sender: str, peer: str, line: str = "") -> None:
    """Note that one page of somebody lost its connection; the room derives who is here.

    line: the connection's own word, as its `present` had it. A page that is back on another one
    before the first was found dead stays.
    """
    post(
        session,
        kind="present",
        role=role,
        sender=sender,
        body={"peer": peer, "state": "gone", "line": line},
        to="server",
    )


def _line(message: RoomMessage) -> str:
    return str(message.body.get("line", ""))


def people_here(session_id: uuid.UUID) -> list[dict[str, str]]:
    """Who has a page open in the room: [{"role", "alias"}], players first, each once."""
    return people_in(
        RoomMessage.objects.filter(session_id=session_id, kind__in=PRESENCE).order_by("pk")
    )


#: Kinds of message that say who is in a room.
PRESENCE = ("present", "leave")


def people_in(messages: Iterable[RoomMessage]) -> list[dict[str, str]]:
    """`people_here` from the PRESENCE messages of one room, in order."""
    pages: dict[str, RoomMessage] = {}
    for message in messages:
        if message.kind == "leave":
            pages = {peer: page for peer, page in pages.items() if page.role != message.role}
            continue
        peer = str(message.body.get("peer", ""))
        if message.role in ("a", "b") and message.body.get("state") != "gone":
            # A new page of a player replaces the old one.
            pages = {key: page for key, page in pages.items() if page.role != message.role}
        if message.body.get("state") == "gone":
            known = pages.get(peer)
            if known is not None and _line(known) == _line(message):
                del pages[peer]
        else:
            pages[peer] = message
    found = {(page.role, page.sender) for page in pages.values()}
    return [{"role": role, "alias": alias} for role, alias in sorted(found)]


def since(session_id: uuid.UUID, last: int, limit: int = 500) -> list[RoomMessage]:
    """The next messages of a room after id `last`, in order."""
    rows: Iterable[RoomMessage] = RoomMessage.objects.filter(
        session_id=session_id, pk__gt=last
    ).order_by("pk")[:limit]
    return list(rows)
