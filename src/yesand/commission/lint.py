"""What a card of the deck may not say. Pure.

Natural emotion comes from wanting something from a partner one likes, so a card asks for wants
and actions and never for a feeling. The lists are short on purpose: they catch the usual slips,
and an editor reads every card. What needs words of the card's language is checked where we have
them (`lint_words`); `unchecked` says what was not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from yesand.commission.lint_language import Words
from yesand.commission.lint_words import (
    LANGUAGES,
    TRADE_NAMES,
    TRADE_PHRASES,
    words_of,
)

PREMISE_WORDS = 35
CUE_WORDS = 8
CUE_LETTERS = 80
"""What a cue's row and the space beside the partner's eyes hold."""
LONGEST: dict[str, int] = {
    "want": 22,
    "secret": 28,
    "soft_spot": 24,
    "way_of_speaking": 16,
    "game": 24,
    "text": 30,
    "title": 8,
    "alias": 4,
    "word": 12,
    "ways_out": 20,
}
"""Words a field may have beside the premise and the cue; of `ways_out` each."""
ANYWHERE = ("middle", "any")
"""Slots of a card that is not light: never first, when nobody is warm, and never last."""
SAME_WANT = 0.85
"""Similarity (difflib ratio, 0 to 1) from which two wants are the same want."""

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Complaint:
    """One thing the lint refuses: a stable code, the path of the field, a sentence."""

    code: str
    path: Path
    says: str


def words(text: str) -> list[str]:
    """Words as a reader counts them: `don't` and `co-worker` are one each."""
    return WORD.findall(text)


def lint(card: dict[str, Any], tags: Iterable[str]) -> list[Complaint]:
    """Everything a card may not say, in reading order. `tags` are the content tags that exist."""
    of = words_of(card["language"])
    found = [*_lengths(card), *_wants(card, of), *_cues(card, of)]
    for path, text in _texts(card):
        if of is not None:
            found += _order_to_feel(path, text, of)
        found += _trade(path, text)
    known = set(tags)
    for at, tag in enumerate(card.get("tags", [])):
        if tag not in known:
            says = f"{tag!r} is no content tag: {', '.join(sorted(known))}."
            found.append(Complaint("unknown_tag", ("tags", at), says))
    if card["tone"] == "heavy" and not card.get("tags"):
        says = "A heavy card says in a tag what makes it heavy."
        found.append(Complaint("heavy_without_tag", ("tone",), says))
    if card["tone"] != "light" and card["session_slot"] not in ANYWHERE:
        says = f"A {card['tone']} card is played in the middle: never first and never last."
        found.append(Complaint("not_in_the_middle", ("session_slot",), says))
    if card["family"] == "romance" and "romance" not in card.get("tags", []):
        says = "Tag it romance, or nobody's limits can keep it away."
        found.append(Complaint("romance_without_tag", ("tags",), says))
    if card.get("parent") == card["id"]:
        found.append(Complaint("own_parent", ("parent",), "A card is no variant of itself."))
    romance = card["family"] == "romance" or "romance" in card.get("tags", [])
    romance = romance or card["relationship"] == "partners"
    for role, half in card["roles"].items():
        if half["age"] == "child" and romance:
            says = "A child and romance never stand on one card."
            found.append(Complaint("child_romance", ("roles", role, "age"), says))
    return found


def unchecked(card: dict[str, Any]) -> Complaint | None:
    """What the lint could not look for in a card of a language it has no words of; else None.

    A card of such a language may be laid: the lint is an aid, and an editor reads every card.
    """
    if words_of(card["language"]) is not None:
        return None
    known = ", ".join(sorted(LANGUAGES))
    says = (
        f"The lint knows words of {known}, not of {card['language']!r}. Nobody has checked: orders "
        "to feel, wants without the partner, cues that name a feeling, a body or a face, cues that "
        "do not begin with a verb. Read for these yourself."
    )
    return Complaint("language_unchecked", ("language",), says)


def _texts(card: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every text a player or an editor reads, with its path."""
    for key in ("title", "premise", "game", "word"):
        if card.get(key):
            yield (key,), card[key]
    for role, half in card["roles"].items():
        for key in ("alias", "want", "secret", "soft_spot", "way_of_speaking"):
            if half.get(key):
                yield ("roles", role, key), half[key]
    for key in ("first_line", "target_line"):
        if card.get(key):
            yield (key, "text"), card[key]["text"]
    for at, line in enumerate(card.get("lines", [])):
        yield ("lines", at), line["text"]
    for at, text in enumerate(card.get("ways_out", [])):
        yield ("ways_out", at), text
    for at, turn in enumerate(card.get("turns", [])):
        yield ("turns", at, "action"), turn["action"]


def _lengths(card: dict[str, Any]) -> Iterator[Complaint]:
    count = len(words(card["premise"]))
    if count > PREMISE_WORDS:
        says = f"The premise has {count} words; {PREMISE_WORDS} at most."
        yield Complaint("too_long", ("premise",), says)
    for path, text in _texts(card):
        field = {"lines": "text", "ways_out": "ways_out"}.get(str(path[0]), str(path[-1]))
        limit = LONGEST.get(field)
        if limit and len(words(text)) > limit:
            says = f"It has {len(words(text))} words; {limit} at most."
            yield Complaint("too_long", path, says)


def _wants(card: dict[str, Any], of: Words | None) -> Iterator[Complaint]:
    meaning = of.partners if of else frozenset()
    plain = {}
    for role, half in card["roles"].items():
        said = [word.lower() for word in words(half["want"])]
        partner = card["roles"]["b" if role == "a" else "a"]["alias"].lower()
        names = {partner, f"{partner}'s", f"{partner}’s", *partner.split()}
        ending = any(of.partner_endings.search(word) for word in said) if of else True
        if not meaning & set(said) and not names & set(said) and not ending:
            says = "Want something from the partner: name them, or say them, their, him, her."
            yield Complaint("want_without_partner", ("roles", role, "want"), says)
        aliases = {h["alias"].lower() for h in card["roles"].values()} | meaning
        plain[role] = " ".join(word for word in said if word not in aliases)
    if SequenceMatcher(None, plain["a"], plain["b"]).ratio() >= SAME_WANT:
        says = "Both want the same; give b a want of its own."
        yield Complaint("same_want", ("roles", "b", "want"), says)


def _cues(card: dict[str, Any], of: Words | None) -> Iterator[Complaint]:
    seen: set[str] = set()
    for at, turn in enumerate(card.get("turns", [])):
        plain = " ".join(words(turn["action"].lower()))
        if plain in seen:
            # An action is shown once in a take, so a second turn with it is never dealt.
            says = "The card offers this already; offer another thing."
            yield Complaint("same_action", ("turns", at, "action"), says)
        seen.add(plain)
        for code, says in cue_complaints(turn["action"], card["language"] if of else ""):
            yield Complaint(code, ("turns", at, "action"), says)


def cue_complaints(action: str, language: str = "en") -> list[tuple[str, str]]:
    """(code, sentence) for everything wrong with one cue's action; a director's own cue too.

    Of a language without words of ours only the length is checked.
    """
    found = []
    said = words(action)
    if not said:
        return [("empty_cue", "Say one thing to do to the partner.")]
    if len(said) > CUE_WORDS:
        found.append(("long_cue", f"It has {len(said)} words; {CUE_WORDS} at most."))
    if len(action) > CUE_LETTERS:
        found.append(("long_cue", f"It has {len(action)} characters; {CUE_LETTERS} at most."))
    of = words_of(language)
    if of is None:
        return found
    first = said[0].lower()
    if first in of.not_a_verb or of.not_to_the_player.match(first):
        found.append(("not_an_action", "Begin with a verb: a thing to do to the partner."))
    plain = action.lower()
    for idiom in of.idioms:
        plain = plain.replace(idiom, "")
    for word in words(plain):
        if word in of.feelings:
            found.append(("feeling_word", f"{word!r} names a feeling; say what to do instead."))
        elif word in of.bodies:
            found.append(("body_word", f"{word!r} is about body or face; say what to do instead."))
    return found


def _order_to_feel(path: Path, text: str, of: Words) -> Iterator[Complaint]:
    if path[0] in {"lines", "first_line", "target_line"}:
        return  # what a character says is dialogue, not an order to the player
    for match in of.order_to_feel.finditer(text):
        if match.group(1).lower() in of.feelings:
            says = f"{match.group(0)!r} orders a feeling; say what is wanted or done."
            yield Complaint("order_to_feel", path, says)


def _trade(path: Path, text: str) -> Iterator[Complaint]:
    for word in words(text):
        bare = re.sub(r"['’]s$", "", word)
        if bare in TRADE_NAMES or word in TRADE_NAMES:
            says = f"{bare!r} is a real person, brand or song; invent one."
            yield Complaint("real_name", path, says)
    for phrase in TRADE_PHRASES:
        if re.search(rf"\b{re.escape(phrase)}\b", text):
            says = f"{phrase!r} is a real person, brand or song; invent one."
            yield Complaint("real_name", path, says)
