"""What each message of the room socket does: kind -> one verb of the stage. Synchronous.

A message may be sent again after a lost connection, so every verb here is idempotent by its
nonce or by what it finds. What a performer sends about a cue is told to the director only.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from yesand.commission.models import Prompt
from yesand.kit.errors import refuse
from yesand.people.models import Person
from yesand.stage import access, actions, reads
from yesand.stage.cue_rules import Aim
from yesand.stage.models import Cue, Place, Session, Take

PLAYERS = ("a", "b")


@dataclass
class Member:
    """Somebody in a room: role a, b or director; alias as the room sees it."""

    session: Session
    person: Person
    role: str
    alias: str
    place: Place | None


def enter(session_id: uuid.UUID, person: Person) -> Member | None:
    """The person as a member of the room, or None where they have no business in it."""
    session = (
        Session.objects.select_related("program", "commission", "booking")
        .filter(pk=session_id)
        .first()
    )
    if session is None or not person.is_active:
        return None
    role = access.role_in(person, session)
    if not role:
        return None
    place = access.place_of(person, session)
    alias = place.alias if place is not None else person.alias or _("Director")
    return Member(session, person, role, alias, place)


def _text(body: dict[str, Any], key: str, most: int = 200) -> str:
    value = body.get(key, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most:
        raise refuse("bad_field", _("This field is not a short text."), key)
    return value


def _number(body: dict[str, Any], key: str) -> float:
    value = body.get(key)
    # A whole number may be larger than any float; no time or clock reading of ours is.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e18:
        raise refuse("bad_field", _("This field is not a number."), key)
    return float(value)


def _uuid(body: dict[str, Any], key: str) -> uuid.UUID:
    try:
        return uuid.UUID(_text(body, key))
    except ValueError:
        raise refuse("bad_field", _("This field is not an id."), key) from None


def _take(member: Member, body: dict[str, Any]) -> Take:
    """The take a message names, in this room; without a name the open one."""
    takes = Take.objects.filter(scene__session=member.session).select_related("scene__session")
    if body.get("take"):
        found = takes.filter(pk=_uuid(body, "take")).first()
    else:
        found = takes.filter(state="open").first()
    if found is None:
        raise refuse("no_take", _("No scene is running."), "take")
    return found


def _cue(member: Member, body: dict[str, Any]) -> Cue:
    cue = (
        Cue.objects.select_related("take__scene__session")
        .filter(pk=_uuid(body, "cue"), take__scene__session=member.session, role=member.role)
        .first()
    )
    if cue is None:
        raise refuse("no_cue", _("That offer is not yours."), "cue")
    return cue


def _player(member: Member) -> Place:
    if member.place is None:
        raise refuse("players_only", _("Only the two players do that."))
    return member.place


def _post(member: Member, kind: str, body: dict[str, Any], nonce: str, to: str = "") -> None:
    actions.post(
        member.session,
        kind=kind,
        role=member.role,
        sender=member.alias,
        body=body,
        to=to,
        nonce=nonce,
    )


def signal(member: Member, body: dict[str, Any], nonce: str) -> None:
    to = _text(body, "to", 8)
    if to not in (*PLAYERS, "director") or (to == member.role and to != "director"):
        raise refuse("unknown_role", _("Say whom this is for."), "to")
    _text(body, "peer", 60)
    if not ("description" in body or "candidate" in body):
        raise refuse("bad_signal", _("A signal has a description or a candidate."), "body")
    _post(member, "signal", body, nonce, to)


def present(member: Member, body: dict[str, Any], nonce: str) -> None:
    peer, page = _text(body, "peer", 60), _text(body, "page", 20)
    line = _text(body, "line", 36)
    _post(member, "present", {"peer": peer, "page": page, "line": line}, nonce)


def ready(member: Member, body: dict[str, Any], nonce: str) -> None:
    actions.ready(member.session, _player(member), _text(body, "scene"), nonce)


def scene_chosen(member: Member, body: dict[str, Any], nonce: str) -> None:
    _player(member)
    prompt = None
    if body.get("prompt"):
        prompt = Prompt.objects.filter(pk=_uuid(body, "prompt")).first()
        if prompt is None:
            raise refuse("no_such_card", _("That card is not on the table."), "prompt")
    own_line = _text(body, "own_line", 400)
    actions.choose_scene(
        member.session, prompt=prompt, own_line=own_line, role=member.role, nonce=nonce
    )


def cue(member: Member, body: dict[str, Any], nonce: str) -> None:
    take = _take(member, body)
    if member.place is not None:
        if body.get("pull") is not True:
            raise refuse("players_pull", _("Ask for one with Deal me one."), "pull")
        actions.pull_cue(take, member.role, nonce=nonce, sender=member.alias)
        return
    emotion = _text(body, "aim_emotion", 16)
    aim = Aim(emotion, reads.intensity_of(body.get("aim_intensity"), emotion)) if emotion else None
    if aim is not None and emotion not in reads.feelings():
        raise refuse("unknown_feeling", _("Pick the aim from the list."), "aim_emotion")
    if aim is None:
        raise refuse("aim_missing", _("Name what the offer aims at."), "aim_emotion")
    actions.offer_cue(
        take,
        _text(body, "to", 8),
        _text(body, "action"),
        aim,
        by="director",
        nonce=nonce,
        sender=member.alias,
    )


def cue_displayed(member: Member, body: dict[str, Any], nonce: str) -> None:
    found = _cue(member, body)
    hidden = body.get("hidden") is True
    client_ms, at = _number(body, "client_ms"), _number(body, "displayed_at")
    if not hidden:
        actions.cue_displayed(found, client_ms, at, aim_shown=body.get("aim_shown") is True)
    kept = {"cue": str(found.pk), "client_ms": client_ms, "displayed_at": at, "hidden": hidden}
    _post(member, "cue_displayed", kept, nonce, "director")


def cue_response(member: Member, body: dict[str, Any], nonce: str) -> None:
    found = _cue(member, body)
    at = _number(body, "responded_at") if body.get("responded_at") is not None else None
    actions.cue_response(found, _text(body, "response", 8), at)
    kept = {"cue": str(found.pk), "response": found.response, "responded_at": at}
    if body.get("client_ms") is not None:
        kept["client_ms"] = _number(body, "client_ms")
    _post(member, "cue_response", kept, nonce, "director")


def pause(member: Member, body: dict[str, Any], nonce: str) -> None:
    actions.pause(_take(member, body), _text(body, "why", 12) or "pause", member.role, nonce)


def resume(member: Member, body: dict[str, Any], nonce: str) -> None:
    _player(member)
    actions.resume(_take(member, body), member.role, nonce)


def and_scene(member: Member, body: dict[str, Any], nonce: str) -> None:
    verb = actions.object_to_end if body.get("object") is True else actions.and_scene
    verb(_take(member, body), _player(member), nonce)


def take_closed(member: Member, body: dict[str, Any], nonce: str) -> None:
    take = _take(member, body)
    if member.place is None:
        actions.close_take(take, "director")
    else:
        actions.settle_end(take)


def leave(member: Member, body: dict[str, Any], nonce: str) -> None:
    _player(member)
    actions.leave(member.session, member.person, nonce=nonce)


def notes_done(member: Member, body: dict[str, Any], nonce: str) -> None:
    actions.notes_done(member.session, _player(member), str(_take(member, body).pk), nonce)


def device(member: Member, body: dict[str, Any], nonce: str) -> None:
    told = ("state", "code", "take", "camera")
    kept = {key: _text(body, key, 60) for key in told if body.get(key)}
    _post(member, "device", kept, nonce)


def line(member: Member, body: dict[str, Any], nonce: str) -> None:
    """What a robot or a model says, in words, for the partner to read."""
    if _player(member).person.player_kind == "human":
        raise refuse("robots_only", _("Only robots and models write what they say."), "kind")
    _post(member, "line", {"text": _text(body, "text", 400)}, nonce)


KINDS: dict[str, Callable[[Member, dict[str, Any], str], None]] = {
    "signal": signal,
    "present": present,
    "ready": ready,
    "scene_chosen": scene_chosen,
    "cue": cue,
    "cue_displayed": cue_displayed,
    "cue_response": cue_response,
    "pause": pause,
    "resume": resume,
    "and_scene": and_scene,
    "take_closed": take_closed,
    "leave": leave,
    "notes_done": notes_done,
    "device": device,
    "line": line,
}


def send(member: Member, kind: Any, body: Any, nonce: Any) -> None:
    """Do what one message asks. Raises Refused for an unknown kind and for a bad body."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise refuse("unknown_kind", _("This room does not know that message."), "kind")
    if not isinstance(body, dict):
        raise refuse("bad_body", _("The body of a message is an object."), "body")
    if not isinstance(nonce, str) or len(nonce) > 36:
        raise refuse("bad_nonce", _("A nonce is a text of at most 36 characters."), "nonce")
    KINDS[kind](member, body, nonce)
