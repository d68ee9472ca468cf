"""*See how you read each other*: shown when both asked. Who asked alone is told to nobody."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from yesand.kit.errors import refuse
from yesand.stage import room
from yesand.stage.models import Place, Session, Take


def asked_by(session: Session, take: Take) -> set[str]:
    """The roles that asked for the reveal of a take."""
    rows = session.messages.filter(kind="reveal", body__take=str(take.pk), role__in=("a", "b"))
    return set(rows.values_list("role", flat=True))


@transaction.atomic
def ask(session: Session, place: Place, take: Take) -> bool:
    """A player would like to see it; True once both do, and both pages are told then.

    Refuses a take of another session and one whose notes are not done by both.
    """
    session = room.locked(session)
    notes = session.messages.filter(kind="notes_done", body__take=str(take.pk))
    done = set(notes.values_list("role", flat=True))
    if take.scene.session_id != session.pk or done < {"a", "b"}:
        raise refuse("notes_first", _("When you have both done your notes."), "take")
    before = asked_by(session, take)
    if place.role not in before:
        room.post(
            session,
            kind="reveal",
            role=place.role,
            sender=place.alias,
            to="server",
            body={"take": str(take.pk)},
        )
        if before:
            room.say(session, "reveal", take=str(take.pk))
    return asked_by(session, take) >= {"a", "b"}
