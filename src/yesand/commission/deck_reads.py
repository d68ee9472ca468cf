"""Queries about the deck for its editors: cards with their versions, variants and languages."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from yesand.commission.models import Cell, Prompt
from yesand.people.models import Program


@dataclass(frozen=True)
class Line:
    """One card in one language. shown: its live version, or the newest where none is live."""

    shown: Prompt
    newest: Prompt
    versions: tuple[UUID, ...]


def whole_deck() -> list[Line]:
    """Every card in every language and state, by title of what is shown of it."""
    found: dict[tuple[str, str], list[Prompt]] = {}
    for row in Prompt.objects.order_by("-version"):
        found.setdefault((row.slug, row.language), []).append(row)
    lines = [
        Line(
            shown=next((row for row in rows if row.status == "live"), rows[0]),
            newest=rows[0],
            versions=tuple(row.pk for row in rows),
        )
        for rows in found.values()
    ]
    return sorted(lines, key=lambda line: (line.shown.title, line.shown.language))


def versions(card: Prompt) -> list[Prompt]:
    """Every version of a card, newest first."""
    rows = Prompt.objects.filter(slug=card.slug, language=card.language)
    return list(rows.select_related("laid_by").order_by("-version"))


def parent_of(card: Prompt) -> Prompt | None:
    """The card this one varies: its newest live version, else its newest."""
    slug = card.body.get("parent", "")
    rows = list(Prompt.objects.filter(slug=slug).order_by("-version")) if slug else []
    return next((row for row in rows if row.status == "live"), rows[0] if rows else None)


def kin(card: Prompt) -> list[Prompt]:
    """Its parent, its variants and its translations that are not retired, by title."""
    family = {card.slug, card.body.get("parent", card.slug)}
    rows = Prompt.objects.exclude(status="retired").exclude(slug=card.slug, language=card.language)
    near = [row for row in rows if row.slug in family or row.body.get("parent") in family]
    newest = {(row.slug, row.language): row for row in sorted(near, key=lambda row: row.version)}
    return sorted(newest.values(), key=lambda row: (row.title, row.language))


def languages_without(card: Prompt, program: Program) -> list[str]:
    """Languages this program's orders ask for in which the card is not told yet."""
    asked = Cell.objects.filter(commission__program=program).values_list("language", flat=True)
    told = {card.language, *(row.language for row in kin(card))}
    return sorted(set(asked.distinct()) - told)
