"""How cards fare in one program: plays, swaps and why, what players say. Never of one performer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from yesand.labels.models import SceneNote
from yesand.people.models import Program
from yesand.stage.models import Scene, Take
from yesand.web.performer.room_table import WHYS
from yesand.web.producer.play_figures import FEWEST

SCALES = ("fun", "human", "grounded")


@dataclass
class CardFigures:
    """One card, or one version of it, in one program.

    plays: closed takes. swaps: how often it was put back, why: in words, most often first.
    people: players whose notes say anything; means of 1 to 5 stand only from FEWEST people on.
    landed, earned_by: takes whose target line landed for both, of takes where both said.
    """

    plays: int = 0
    swaps: int = 0
    why: list[tuple[str, int]] = field(default_factory=list)
    people: int = 0
    fun: float | None = None
    human: float | None = None
    grounded: float | None = None
    landed: int | None = None
    earned_by: int = 0

    @property
    def unplayed(self) -> bool:
        return not (self.plays or self.swaps)

    @property
    def shown(self) -> bool:
        """Whether enough people have answered for a mean to be nobody's own answer."""
        return self.people >= FEWEST


@dataclass(frozen=True)
class _Note:
    take: UUID
    person: UUID
    said: tuple[int | None, ...]
    landed: bool | None


class PlayRows:
    """What was played and said in a program, read once; asked for any set of versions."""

    def __init__(self, program: Program) -> None:
        takes = Take.objects.filter(
            scene__session__program=program, state="closed", scene__prompt__isnull=False
        )
        self._plays: Counter[UUID] = Counter(takes.values_list("scene__prompt_id", flat=True))
        self._swaps: dict[str, Counter[str]] = {}
        for swaps in Scene.objects.filter(session__program=program).values_list("swaps", flat=True):
            for row in swaps:
                why = self._swaps.setdefault(row["prompt"], Counter())
                why[row.get("why", "")] += 1
        self._notes: dict[UUID, list[_Note]] = {}
        notes = SceneNote.objects.filter(
            take__scene__session__program=program, take__scene__prompt__isnull=False
        ).values_list("take__scene__prompt_id", "take_id", "person_id", "landed", *SCALES)
        for prompt, take, person, landed, *said in notes:
            note = _Note(take, person, tuple(said), landed)
            self._notes.setdefault(prompt, []).append(note)
        last = takes.order_by("-closed_at").values_list("scene__prompt_id", "closed_at").first()
        self.last = (last[0], last[1] or 0.0) if last is not None else None
        """(card version, stage clock in Unix s) of the take played last; None before any."""

    def of(self, versions: Iterable[UUID]) -> CardFigures:
        """The figures of these versions together."""
        keys = list(versions)
        why: Counter[str] = Counter()
        for key in keys:
            why.update(self._swaps.get(str(key), {}))
        notes = [note for key in keys for note in self._notes.get(key, ())]
        said = [note for note in notes if any(value is not None for value in note.said)]
        found = CardFigures(
            plays=sum(self._plays[key] for key in keys),
            swaps=sum(why.values()),
            why=_in_words(why),
            people=len({note.person for note in said}),
        )
        if found.shown:
            for at, name in enumerate(SCALES):
                values = [note.said[at] for note in said if note.said[at] is not None]
                if values:
                    setattr(found, name, round(sum(values) / len(values), 1))  # type: ignore[arg-type]
        _land(found, notes)
        return found


def _in_words(why: Mapping[str, int]) -> list[tuple[str, int]]:
    counted = Counter({code: n for code, n in why.items() if code})
    return [(str(WHYS.get(code, code)), n) for code, n in counted.most_common()]


def _land(found: CardFigures, notes: Iterable[_Note]) -> None:
    by_take: dict[UUID, list[bool]] = {}
    people = set()
    for note in notes:
        if note.landed is not None:
            by_take.setdefault(note.take, []).append(note.landed)
            people.add(note.person)
    both = [all(said) for said in by_take.values() if len(said) == 2]
    if both and len(people) >= FEWEST:
        found.landed, found.earned_by = sum(both), len(both)
