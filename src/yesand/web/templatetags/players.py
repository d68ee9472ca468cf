"""Who of the players is a robot or a model: said wherever a partner is named."""

from __future__ import annotations

from django import template

from yesand.stage.models import Place, Session, Take

register = template.Library()


@register.filter
def not_human(session: Session) -> list[Place]:
    """Places of a session whose players are robots or models, by role."""
    return list(
        session.places.exclude(person__player_kind="human")
        .select_related("person")
        .order_by("role")
    )


@register.filter
def players_not_human(take: Take) -> list[Place]:
    """The same for the session of a take."""
    return not_human(take.scene.session)
