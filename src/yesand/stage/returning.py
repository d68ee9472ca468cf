"""What comes back in the same session: a character of one's own, and an earlier scene."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from yesand.commission.dealing import ONLY_MIDDLE
from yesand.kit.errors import refuse
from yesand.stage import pacing, room, takes
from yesand.stage.models import Place, Scene, Session


def played(session: Session) -> list[Scene]:
    """The scenes of a session that were played, in order."""
    scenes = Scene.objects.filter(session=session, takes__state="closed")
    return list(scenes.select_related("prompt").distinct().order_by("index"))


def title_of(scene: Scene) -> str:
    """What a scene is called: its card's title, or the players' own line."""
    return scene.prompt.title if scene.prompt is not None else scene.own_line


def keepable(session: Session, role: str) -> list[Scene]:
    """Scenes whose character this role may bring back: cards that say `keep`, and own lines."""
    return [
        scene
        for scene in played(session)
        if scene.prompt is None
        or scene.prompt.body.get("roles", {}).get(role, {}).get("keep") is True
    ]


def character_of(scene: Scene, role: str) -> dict[str, str]:
    """Who this role is in a scene: {"alias", "way_of_speaking", "from"}; a kept one as it began.

    alias is "" in the players' own line, where nobody wrote one. from: the title of the scene the
    character was kept from, "" for a new one.
    """
    first = _first(scene, role)
    half = first.prompt.body.get("roles", {}).get(role, {}) if first.prompt is not None else {}
    return {
        "alias": str(half.get("alias", "")),
        "way_of_speaking": str(half.get("way_of_speaking", "")),
        "from": title_of(first) if first.pk != scene.pk else "",
    }


def _first(scene: Scene, role: str) -> Scene:
    """The scene in which this role's character of `scene` was first played."""
    key = scene.kept.get(role)
    if not key:
        return scene
    return Scene.objects.select_related("prompt").filter(pk=UUID(key)).first() or scene


@transaction.atomic
def keep_character(session: Session, place: Place, scene: str = "") -> Scene:
    """The next scene is played as the own character of an earlier one; "" as the card says.

    Only the performer's own half changes, and only they see it. Refuses where no scene lies on
    the table, in a script (its lines are somebody else's), and a character that may not come back.
    """
    session = room.locked(session)
    pending = takes.next_scene(session)
    if pending is None:
        raise refuse("no_scene", _("Choose a card first."), "scene")
    if not scene:
        pending.kept.pop(place.role, None)
    else:
        if pending.prompt is not None and pending.prompt.shape == "script":
            raise refuse("script", _("A script has its own characters."), "scene")
        if scene not in {str(one.pk) for one in keepable(session, place.role)}:
            raise refuse("not_kept", _("That character cannot come back."), "scene")
        origin = Scene.objects.get(pk=UUID(scene))
        # A character that came back already is still the one it was at first.
        pending.kept[place.role] = str(_first(origin, place.role).pk)
    pending.save(update_fields=["kept"])
    return pending


def call_backs(session: Session) -> list[Scene]:
    """Earlier scenes that may be laid again: never a heavy one, and tender or tense ones only
    where they may be dealt too."""
    middle = pacing.slot(session) == "middle"
    return [
        scene
        for scene in played(session)
        if scene.called_back_id is None
        and (
            scene.prompt is None
            or scene.prompt.tone not in ONLY_MIDDLE
            or (middle and scene.prompt.tone != pacing.HEAVY)
        )
    ]


def call_back_of(session: Session, scene: str) -> Scene:
    """The scene a call-back names; refuses any other than `call_backs` has."""
    found = next((one for one in call_backs(session) if str(one.pk) == scene), None)
    if found is None:
        raise refuse("no_such_scene", _("That scene cannot be called back now."), "scene")
    return found
