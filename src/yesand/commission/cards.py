"""Verbs of the deck: load a folder, save from the editor, import, live or retired, undo.

A version of a card never changes once it is laid, because takes name the version they were played
from. What changes is the status of a version, and every such change can be undone.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.commission.lint_deck import near_premise
from yesand.commission.models import Prompt
from yesand.commission.prompt_schema import STATUSES, Card, read_prompt
from yesand.commission.prompt_text import write_prompt
from yesand.infra import facts
from yesand.kit.errors import Problem, Refused, refuse
from yesand.people.models import Person

DECK = Path(__file__).parent / "deck"
"""The cards this package ships."""
MOST_FILES = 300
"""Files of one import."""
FILE = "card.yaml"
"""What the editor's text is called in a problem."""

Named = tuple[str, Card]
"""(file name, card)."""


def load_deck(folder: Path = DECK) -> list[Prompt]:
    """Read every card (*.yaml) of a folder; all of them, or none. Loading twice changes nothing.

    Raises Refused with every problem at "file:line: field", and where a card was changed without
    raising its version, because takes name the version they were played from. A version that
    somebody of this house wrote stays as they wrote it.
    """
    files = sorted(Path(folder).glob("*.yaml"))
    if not files:
        raise refuse("no_cards", _("There is no *.yaml here."), str(folder))
    return _lay(_read((file.name, file.read_bytes()) for file in files), None)[0]


def import_cards(files: Sequence[tuple[str, bytes]], by: Person) -> Counter[str]:
    """Lay cards from files (name, bytes); all of them, or none.

    Returns how many were "new" cards, "newer" versions and the "same" as what is here. A card
    comes in with the status its file says. Raises Refused as `load_deck` does.
    """
    if not files:
        raise refuse("no_cards", _("Choose at least one YAML file."), "files")
    if len(files) > MOST_FILES:
        raise refuse("many_files", _("Send 300 files at most at a time."), "files")
    return _lay(_read(files), by)[1]


def _read(files: Iterable[tuple[str, bytes]]) -> list[Named]:
    """Every card, or Refused with every problem of every file."""
    problems: list[Problem] = []
    cards: list[Named] = []
    seen: dict[tuple[str, int, str], str] = {}
    for name, content in files:
        try:
            card = read_prompt(content.decode("utf-8"), name)
        except UnicodeDecodeError:
            problems.append(Problem("not_text", name, _("Save it as UTF-8 text.")))
            continue
        except Refused as refused:
            problems += refused.problems
            continue
        key = (card["id"], card["version"], card["language"])
        if key in seen:
            says = _("%(other)s has the same id, version and language.") % {"other": seen[key]}
            problems.append(Problem("card_twice", name, says))
        seen[key] = name
        cards.append((name, card))
    if problems:
        raise Refused(*problems)
    return sorted(cards, key=lambda named: named[1]["version"])


@transaction.atomic
def _lay(cards: list[Named], by: Person | None) -> tuple[list[Prompt], Counter[str]]:
    uses = {card["id"]: card["use"] for _name, card in cards}
    laid: dict[str, Prompt] = {}
    counts: Counter[str] = Counter()
    for name, card in cards:
        _check_use(card, name, uses)
        standing = {p.version: p for p in _versions(card["id"], card["language"])}
        found = standing.get(card["version"])
        if found is not None:
            ours = by is None and found.laid_by_id is not None
            if ours and _said(found.body) != _said(card):
                # The house wrote this version itself before the package did: the house's stands.
                laid[name] = found
                counts["kept"] += 1
                continue
            if _said(found.body) != _said(card):
                says = _("The card has changed: raise its version above %(version)d.")
                raise refuse("card_changed", says % {"version": card["version"]}, name)
            laid[name] = found
            counts["same"] += 1
            continue
        late = any(version > card["version"] for version in standing)
        laid[name] = _make(card, "retired" if late else card["status"], by)
        counts["newer" if standing else "new"] += 1
        if laid[name].status == "live":
            _retire(standing.values(), laid[name], by, str(uuid.uuid4()))
    return [laid[name] for name in sorted(laid)], counts


def _versions(slug: str, language: str) -> list[Prompt]:
    """Every version of a card, newest first, locked: one writer of a card at a time."""
    rows = Prompt.objects.select_for_update(of=("self",)).filter(slug=slug, language=language)
    return list(rows.order_by("-version"))


def _said(body: Card) -> Card:
    """What a version says, without the word about where it stands in its life."""
    return {key: value for key, value in body.items() if key != "status"}


def _make(card: Card, status: str, by: Person | None) -> Prompt:
    prompt = Prompt.objects.create(
        slug=card["id"],
        version=card["version"],
        language=card["language"],
        title=card["title"],
        shape=card["shape"],
        family=card["family"],
        register=card["register"],
        tone=card["tone"],
        relationship=card["relationship"],
        tags=card["tags"],
        body=card,
        use=card["use"],
        status=status,
        laid_by=by,
    )
    facts.append("commission", "card_laid", prompt.pk)
    return prompt


def _check_use(card: Card, where: str, uses: dict[str, str] | None = None) -> None:
    """A card and its variants stay in one pool for good: what tests a model never trains it."""
    kin = Prompt.objects.filter(slug__in=[card["id"], card.get("parent", card["id"])])
    known = set(kin.values_list("use", flat=True))
    known |= {use for slug, use in (uses or {}).items() if slug == card.get("parent")}
    if known - {card["use"]}:
        says = _("This card, or the one it varies, is for %(use)s, and that is fixed.")
        raise refuse("use_fixed", says % {"use": sorted(known - {card["use"]})[0]}, f"{where}: use")


def save_card(text: str, by: Person, base: Prompt | None = None) -> Prompt:
    """Lay what an editor wrote: a new card, or the version after `base`; as a draft either way.

    base: the newest version when the editor was opened. Raises Refused with every problem of the
    text at "card.yaml:line: field"; `stale` where somebody saved meanwhile; `nothing_changed`;
    `other_card` where id or language are not base's; for a new card `id_taken`, and `near_premise`
    where it tells what another card tells and does not name it as its parent.
    """
    card = read_prompt(text, FILE)
    try:
        with transaction.atomic():
            return _save(card, text, by, base)
    except IntegrityError as error:  # two editors saved a card of the same new id at once
        raise _taken(text) from error


def _save(card: Card, text: str, by: Person, base: Prompt | None) -> Prompt:
    standing = _versions(card["id"], card["language"])
    _check_use(card, FILE)
    if base is None:
        if standing:
            raise _taken(text)
        others = Prompt.objects.filter(language=card["language"]).exclude(status="retired")
        if near := near_premise(card, [row.body for row in others]):
            raise refuse(near.code, near.says, f"{FILE}:{_line(text, 'premise')}: premise")
        return _make({**card, "version": 1, "status": "draft"}, "draft", by)
    if (card["id"], card["language"]) != (base.slug, base.language):
        says = _("Id and language name the card: keep %(id)s and %(language)s, or duplicate it.")
        named = says % {"id": base.slug, "language": base.language}
        raise refuse("other_card", named, f"{FILE}:{_line(text, 'id')}: id")
    if standing[0].pk != base.pk:
        says = _("%(who)s saved version %(n)d while you were writing. Yours is still below.")
        who = str(standing[0].laid_by or _("Somebody"))
        raise refuse("stale", says % {"who": who, "n": standing[0].version}, FILE)
    version = base.version + 1
    if _said(card) | {"version": version} == _said(base.body) | {"version": version}:
        raise refuse("nothing_changed", _("Nothing has changed since this version."), FILE)
    return _make({**card, "version": version, "status": "draft"}, "draft", by)


def _taken(text: str) -> Refused:
    says = _("A card with this id and language is here already. Write another id.")
    return refuse("id_taken", says, f"{FILE}:{_line(text, 'id')}: id")


def _line(text: str, key: str) -> int:
    rows = (at for at, row in enumerate(text.splitlines(), 1) if row.startswith(f"{key}:"))
    return next(rows, 1)


@transaction.atomic
def set_status(prompt: Prompt, status: str, by: Person) -> str:
    """Move one version through its life; the change's id, for `undo_status`, or "" for no change.

    Live is one version of a card at a time: the one that was live before retires with it.
    """
    if status not in STATUSES:
        raise refuse("no_status", _("Say draft, tried, live or retired."), "status")
    rows = _versions(prompt.slug, prompt.language)
    mine = next(row for row in rows if row.pk == prompt.pk)
    if mine.status == status:
        return ""
    change = str(uuid.uuid4())
    _move(mine, status, by, change)
    if status == "live":
        _retire(rows, mine, by, change)
    return change


def _retire(rows: Iterable[Prompt], live: Prompt, by: Person | None, change: str) -> None:
    for row in rows:
        if row.pk != live.pk and row.status == "live":
            _move(row, "retired", by, change)


def _move(row: Prompt, status: str, by: Person | None, change: str) -> None:
    entry: dict[str, Any] = {
        "id": change,
        "at": timezone.now().isoformat(),
        "by": str(by.pk) if by is not None else "",
        "before": row.status,
        "after": status,
    }
    row.history = [*row.history, entry]
    row.status = status
    row.save(update_fields=["status", "history"])
    facts.append("commission", "card_status", row.pk, status=status)


@transaction.atomic
def undo_status(prompt: Prompt, change: str, by: Person) -> None:
    """Take the last change of a card back, with what retired because of it.

    Refuses a change that is not the last one of every version it touched.
    """
    rows = _versions(prompt.slug, prompt.language)
    touched = [row for row in rows if any(entry["id"] == change for entry in row.history)]
    if not touched or any(row.history[-1]["id"] != change for row in touched):
        raise refuse("changed_since", _("The card has been changed since; look at it again."), "id")
    back = str(uuid.uuid4())
    for row in sorted(touched, key=lambda row: row.history[-1]["before"] == "live"):
        _move(row, row.history[-1]["before"], by, back)


def pair_text(prompt: Prompt, language: str = "") -> str:
    """A card to begin a variant from: the same words, its parent set and a free id proposed.

    language: "" for a minimal pair; a code for the card told again in another language.
    """
    language = language or prompt.language
    ending = "" if language == prompt.language else f"-{language.lower()}"
    stem = prompt.slug if ending else f"{prompt.slug}-b"
    taken = set(Prompt.objects.filter(slug__startswith=stem[:50]).values_list("slug", flat=True))
    slug = f"{stem[: 60 - len(ending)]}{ending}"
    number = 2
    while slug in taken:
        slug = f"{stem[:50]}{ending}-{number}"
        number += 1
    changes = {"id": slug, "version": 1, "language": language, "parent": prompt.slug}
    return write_prompt({**prompt.body, **changes, "status": "draft"})


def text_of(prompt: Prompt) -> str:
    """One version as YAML, with the status it has now."""
    return write_prompt({**prompt.body, "status": prompt.status})


def files_of(prompts: Iterable[Prompt]) -> list[tuple[str, str]]:
    """(file name, YAML) for an export, by name; loading them brings the same cards back."""
    rows = list(prompts)
    often = Counter(row.slug for row in rows)
    named = [
        (
            f"{row.slug}.yaml"
            if often[row.slug] == 1
            else f"{row.slug}.{row.language}.{row.version}.yaml",
            text_of(row),
        )
        for row in rows
    ]
    return sorted(named)
