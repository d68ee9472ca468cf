"""Queries about commissions, their coverage, the deck and acceptance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from yesand.commission import dealing, schema
from yesand.commission.models import Acceptance, Cell, Commission, Fill, Prompt
from yesand.commission.rules import (
    FEELINGS,
    RELATIONSHIPS,
    Forecast,
    Order,
    Policy,
    Roster,
    estimate,
)
from yesand.people.models import Program

COUNTED = ("recorded", "accepted", "released")
"""States in which a take fills a cell, each holding the ones after it."""


@dataclass(frozen=True)
class CellCount:
    """One cell and what is in it. `recorded` counts accepted and released takes too."""

    feeling: str
    relationship: str
    language: str
    asked: int
    recorded: int = 0
    accepted: int = 0
    released: int = 0

    @property
    def share(self) -> float:
        """Recorded of asked; 1 where nothing was asked."""
        return self.recorded / self.asked if self.asked else 1.0

    @property
    def open(self) -> int:
        return max(0, self.asked - self.recorded)


@dataclass(frozen=True)
class Coverage:
    """The grid of one commission. Nothing in it comes from a rating."""

    cells: list[CellCount]

    @property
    def total(self) -> CellCount:
        return _sum("", "", "", self.cells)

    @property
    def feelings(self) -> list[str]:
        """Feelings of the order, in the grid's order."""
        there = {cell.feeling for cell in self.cells}
        return [feeling for feeling in FEELINGS if feeling in there]

    @property
    def relationships(self) -> list[str]:
        there = {cell.relationship for cell in self.cells}
        return [word for word in RELATIONSHIPS if word in there]

    @property
    def languages(self) -> list[str]:
        return sorted({cell.language for cell in self.cells})

    def pairs(self) -> dict[tuple[str, str], CellCount]:
        """feeling x relationship over all languages: what the picture draws."""
        groups: dict[tuple[str, str], list[CellCount]] = {}
        for cell in self.cells:
            groups.setdefault((cell.feeling, cell.relationship), []).append(cell)
        return {pair: _sum(*pair, "", cells) for pair, cells in groups.items()}

    def weakest(self, count: int = 5) -> list[CellCount]:
        """Pairs with the lowest recorded of asked that are not full, emptiest and largest first."""
        pairs = [pair for pair in self.pairs().values() if pair.open]
        return sorted(pairs, key=lambda c: (c.share, -c.asked, c.feeling, c.relationship))[:count]


def _sum(feeling: str, relationship: str, language: str, cells: Collection[CellCount]) -> CellCount:
    return CellCount(
        feeling,
        relationship,
        language,
        asked=sum(cell.asked for cell in cells),
        recorded=sum(cell.recorded for cell in cells),
        accepted=sum(cell.accepted for cell in cells),
        released=sum(cell.released for cell in cells),
    )


def coverage(commission: Commission) -> Coverage:
    """Every cell of the order with takes asked, recorded, accepted and released."""
    counts: Counter[tuple[int, str]] = Counter()
    fills = Fill.objects.filter(cell__commission=commission)
    for cell_id, state in fills.values_list("cell_id", "state"):
        counts[cell_id, state] += 1
    cells = []
    for cell in commission.cells.order_by("id"):
        in_state = [counts[cell.pk, state] for state in COUNTED]
        cells.append(
            CellCount(
                cell.feeling,
                cell.relationship,
                cell.language,
                asked=cell.quota,
                recorded=sum(in_state),
                accepted=sum(in_state[1:]),
                released=in_state[2],
            )
        )
    rank = {word: at for at, word in enumerate(FEELINGS)}
    return Coverage(sorted(cells, key=lambda c: (rank.get(c.feeling, 99), c.relationship)))


def takes_in(commission: Commission, feeling: str, relationship: str) -> list[UUID]:
    """Takes that fill any language's cell of a pair, newest first."""
    cells = Cell.objects.filter(commission=commission, feeling=feeling, relationship=relationship)
    fills = Fill.objects.filter(cell__in=cells, state__in=COUNTED).order_by("-at", "-id")
    return list(dict.fromkeys(fills.values_list("take", flat=True)))


def accepted(take_id: UUID) -> bool:
    """True where the latest decision on a take is to accept it."""
    last = decision(take_id)
    return last is not None and last.decision == "accept"


def decision(take_id: UUID) -> Acceptance | None:
    """The standing decision on a take; None where nobody has decided."""
    return Acceptance.objects.filter(take=take_id).order_by("-id").first()


def undecided(takes: Collection[UUID]) -> set[UUID]:
    """Those of the takes that nobody has accepted or rejected."""
    known = Acceptance.objects.filter(take__in=takes).values_list("take", flat=True)
    return set(takes) - set(known)


def commissions_of(program: Program) -> list[Commission]:
    """Newest first."""
    return list(Commission.objects.filter(program=program).order_by("-created_at", "-pk"))


def running(program: Program) -> Commission | None:
    """The commission a producer's home shows: the newest open, else approved, else draft one."""
    for state in ("open", "approved", "draft"):
        found = Commission.objects.filter(program=program, state=state)
        newest = found.order_by("-created_at", "-pk").first()
        if newest is not None:
            return newest
    return None


def by_token(token: str) -> Commission | None:
    """The commission a share link shows; None for a wrong or empty token."""
    if not token:
        return None
    return Commission.objects.select_related("program__client").filter(share_token=token).first()


def order_of(commission: Commission) -> Order:
    """The order as it was drafted."""
    return schema.from_mapping(commission.order)


def policy_of(program: Program) -> Policy:
    """The rows of a program that price an order."""
    return Policy(
        currency=program.currency,
        performer_hour_minor=program.performer_hour_minor,
        rater_hour_minor=program.rater_hour_minor,
        audition_minor=program.audition_minor,
        standby_percent=program.standby_percent,
    )


def forecast_of(commission: Commission, free: Mapping[str, int]) -> Forecast:
    """What a commission takes; free: performers there by language (casting knows)."""
    return estimate(order_of(commission), policy_of(commission.program), Roster(dict(free)))


def need(commission: Commission) -> dict[str, float]:
    """relationship -> part of its quota that is not recorded yet, 0 to 1."""
    asked: Counter[str] = Counter()
    open_: Counter[str] = Counter()
    for cell in coverage(commission).cells:
        asked[cell.relationship] += cell.asked
        open_[cell.relationship] += cell.open
    return {word: open_[word] / asked[word] for word in asked if asked[word]}


def lacking(commission: Commission, language: str, relationship: str = "") -> dict[str, int]:
    """Feeling -> takes that its cells still lack, in the grid's order; only what lacks some.

    Of one language, and of one relationship or ("") of all.
    """
    found: Counter[str] = Counter()
    for cell in coverage(commission).cells:
        if cell.language == language and relationship in ("", cell.relationship):
            found[cell.feeling] += cell.open
    return {feeling: takes for feeling, takes in found.items() if takes}


def deck(language: str | None = None, use: str | None = None) -> list[Prompt]:
    """The newest version of every live card, by title."""
    rows = Prompt.objects.filter(status="live")
    if language is not None:
        rows = rows.filter(language=language)
    if use is not None:
        rows = rows.filter(use=use)
    newest: dict[tuple[str, str], Prompt] = {}
    for card in rows.order_by("version"):
        newest[card.slug, card.language] = card
    return sorted(newest.values(), key=lambda card: (card.title, card.language))


def skills_asked(languages: Collection[str] = ()) -> list[str]:
    """Every skill a live card asks for, by alphabet: what a player may state.

    languages: of cards in these alone, whose words the player reads; () is of all.
    """
    cards = [card for card in deck() if not languages or card.language in languages]
    return sorted({skill for card in cards for _role, skill in facts_of(card).skills})


def facts_of(prompt: Prompt) -> dealing.CardFacts:
    """What the deal may know of a card."""
    halves = prompt.body.get("roles", {}).items()
    return dealing.CardFacts(
        key=str(prompt.pk),
        language=prompt.language,
        use=prompt.use,
        tone=prompt.tone,
        slot=prompt.body.get("session_slot", "any"),
        shape=prompt.shape,
        relationship=prompt.relationship,
        tags=frozenset(prompt.tags),
        skills=frozenset(
            (role, half["needs_skill"]) for role, half in halves if half.get("needs_skill")
        ),
    )


def deal(
    commission: Commission,
    languages: Collection[str],
    limits: Mapping[str, str],
    slot: str,
    exclude: Collection[UUID],
    seed: str,
    *,
    heavy: bool = False,
    skills: Collection[tuple[str, str]] = (),
    only: Collection[str] | None = None,
    played: Collection[str] = (),
) -> list[Prompt]:
    """Up to three cards for one scene; the same seed and state always deal the same ones.

    limits: both players' lines and veils joined, content tag -> kind. slot: opener, middle,
    closer or any. exclude: cards dealt before. heavy: both opted in for this booking.
    skills: (role, skill) as the players of both roles state them. only: shapes of cards this
    scene is for. played: relationships to leave for later where the deck has others.
    """
    prompts = {str(card.pk): card for card in deck(use=commission.use)}
    table = dealing.Table(
        languages=languages,
        use=commission.use,
        limits=limits,
        slot=slot,
        heavy=heavy,
        skills=skills,
        exclude={str(key) for key in exclude},
        need=need(commission),
        shapes=order_of(commission).shapes,
        only=only,
        played=played,
    )
    dealt = dealing.deal([facts_of(card) for card in prompts.values()], table, seed)
    return [prompts[card.key] for card in dealt]
