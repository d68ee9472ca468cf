"""What stands in the order form: typed texts in, an order or named problems out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from yesand.commission import schema
from yesand.commission.rules import (
    FEELING_KEYS,
    FEELINGS,
    RELATIONSHIPS,
    SHAPES,
    Order,
    problems_of,
    with_share,
)
from yesand.kit.errors import Problem, Refused
from yesand.web.sent import whole

MARGINS = ("languages", "feelings", "relationships", "shapes")
WORDS = {
    "strangers": gettext_lazy("strangers"),
    "friends": gettext_lazy("friends"),
    "partners": gettext_lazy("partners"),
    "family": gettext_lazy("family"),
    "colleagues": gettext_lazy("colleagues"),
    "rivals": gettext_lazy("rivals"),
    "service": gettext_lazy("service"),
    "joy": gettext_lazy("joy"),
    "amusement": gettext_lazy("amusement"),
    "excitement": gettext_lazy("excitement"),
    "pride": gettext_lazy("pride"),
    "affection": gettext_lazy("affection"),
    "relief": gettext_lazy("relief"),
    "neutral": gettext_lazy("neutral"),
    "surprise": gettext_lazy("surprise"),
    "embarrassment": gettext_lazy("embarrassment"),
    "sadness": gettext_lazy("sadness"),
    "anger": gettext_lazy("anger"),
    "frustration": gettext_lazy("frustration"),
    "contempt": gettext_lazy("contempt"),
    "disgust": gettext_lazy("disgust"),
    "fear": gettext_lazy("fear"),
    "improvised": gettext_lazy("improvised, 5 minutes"),
    "target_line": gettext_lazy("with a target line"),
    "script": gettext_lazy("script, 2 minutes"),
    "game": gettext_lazy("game"),
}
USUAL = Order(
    name="",
    hours=10,
    weeks=6,
    languages={"en": 1.0},
    feelings={
        "joy": 0.09, "amusement": 0.10, "excitement": 0.07, "pride": 0.07, "affection": 0.09,
        "relief": 0.07, "neutral": 0.0, "surprise": 0.08, "embarrassment": 0.09,
        "sadness": 0.08, "anger": 0.08, "frustration": 0.10, "contempt": 0.0, "disgust": 0.0,
        "fear": 0.08,
    },
    relationships={
        "strangers": 0.12, "friends": 0.18, "partners": 0.16, "family": 0.20,
        "colleagues": 0.14, "rivals": 0.08, "service": 0.12,
    },
    shapes={"improvised": 0.80, "target_line": 0.15, "script": 0.0, "game": 0.05},
)  # fmt: skip
"""A light order to begin from."""


def language_name(code: str) -> str:
    """A language in the reader's language; its code where nobody knows it."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def word(code: str) -> str:
    """A feeling, relationship, shape or language as people read it."""
    return str(WORDS[code]) if code in WORDS else language_name(code)


@dataclass(frozen=True)
class Share:
    """One line of a margin. percent: as typed; width: 0 to 100 of its bar."""

    code: str
    words: str
    key: str
    percent: str
    width: float
    wrong: str

    @property
    def asked(self) -> bool:
        return self.width > 0


@dataclass(frozen=True)
class Section:
    """One margin of the form, with the sum of its percents and what is wrong with the whole."""

    place: str
    title: str
    lines: list[Share]
    sum: float
    wrong: str


TITLES = {
    "languages": gettext_lazy("Languages"),
    "feelings": gettext_lazy("Feelings to offer in cues"),
    "relationships": gettext_lazy("Relationships"),
    "shapes": gettext_lazy("Scene shapes"),
}


@dataclass
class OrderForm:
    """The form's texts, what they mean and what is wrong with them."""

    texts: dict[str, str]
    languages: list[str]
    cells: str = ""
    """JSON of cells somebody fixed one by one, carried along unseen; "" for a balanced design."""
    order: Order | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def sections(self) -> list[Section]:
        """The four margins with every line, in their order."""
        codes = {
            "languages": self.languages,
            "feelings": list(FEELINGS),
            "relationships": list(RELATIONSHIPS),
            "shapes": list(SHAPES),
        }
        found = []
        for place in MARGINS:
            lines = self._lines(place, codes[place])
            percents = [_number(line.percent) or 0.0 for line in lines]
            title = str(TITLES[place])
            found.append(Section(place, title, lines, round(sum(percents), 2), self.says(place)))
        return found

    def _lines(self, place: str, codes: list[str]) -> list[Share]:
        values = {code: _number(self.texts.get(f"{place}-{code}", "")) or 0.0 for code in codes}
        # Feelings are many and small: their bars are drawn against the largest, not against 100 %.
        full = max([*values.values(), 1.0]) / 0.7 if place == "feelings" else 100.0
        return [
            Share(
                code=code,
                words=word(code),
                key=FEELING_KEYS.get(code, ""),
                percent=self.texts.get(f"{place}-{code}", "0"),
                width=round(min(100.0, max(0.0, 100 * values[code] / full)), 1),
                wrong=self.says(f"{place}.{code}"),
            )
            for code in codes
        ]

    @property
    def asked_feelings(self) -> int:
        return sum(1 for line in self._lines("feelings", list(FEELINGS)) if line.asked)

    def says(self, where: str) -> str:
        """What is wrong with one field; "" when it is fine."""
        return next((p.says for p in self.problems if p.where == where), "")

    @property
    def says_by_field(self) -> dict[str, str]:
        return {problem.where: problem.says for problem in self.problems}


def of_order(order: Order) -> OrderForm:
    """The form as it stands for an order."""
    texts = {
        "name": order.name,
        "brief": order.brief,
        "hours": f"{order.hours:g}",
        "weeks": str(order.weeks),
        "use": order.use,
        "acquaintance": order.acquaintance,
    }
    for place in MARGINS:
        for code, percent in schema.percents(getattr(order, place)).items():
            texts[f"{place}-{code}"] = f"{percent:g}"
    cells = schema.as_mapping(order).get("cells")
    return OrderForm(
        texts,
        list(order.languages),
        json.dumps(cells) if cells else "",
        order,
        problems_of(replace(order, name=order.name or "-")),
    )


def read(posted: Mapping[str, str]) -> OrderForm:
    """The form as it was sent, with every problem named by its field."""
    texts = {key: value.strip() for key, value in posted.items()}
    languages = [key.split("-", 1)[1] for key in texts if key.startswith("languages-")]
    added = texts.pop("new_language", "")
    if added and added not in languages:
        languages.append(added)
        texts.setdefault(f"languages-{added}", "0")
    form = OrderForm(texts, languages, texts.get("cells", ""))
    problems: list[Problem] = []
    numbers = {}
    for name in ("hours", "weeks"):
        value = _number(texts.get(name, ""))
        if value is None:
            problems.append(Problem("not_a_number", name, _("Write a number here.")))
        numbers[name] = value or 0.0
    shares: dict[str, dict[str, float]] = {}
    for place in MARGINS:
        shares[place] = {}
        for key, text in texts.items():
            if key.startswith(f"{place}-"):
                code = key.split("-", 1)[1]
                value = _number(text or "0")
                if value is None:
                    says = _("Write a number here.")
                    problems.append(Problem("not_a_number", f"{place}.{code}", says))
                # A language somebody has just named and given nothing is simply not asked.
                shares[place][code] = (value or 0.0) / 100
    try:
        cells = schema.from_mapping(
            {
                "version": 1, "name": "x", "use": "train", "hours": 1,
                "cells": json.loads(form.cells),
            }
        ).cells if form.cells else ()  # fmt: skip
    except (Refused, ValueError):
        problems.append(Problem("bad_cells", "cells", _("The fixed cells could not be read.")))
        cells = ()
    if numbers["weeks"] != int(numbers["weeks"]):
        problems.append(Problem("not_whole", "weeks", _("Write a whole number here.")))
    order = Order(
        name=texts.get("name", ""),
        brief=texts.get("brief", ""),
        use=texts.get("use", "train"),
        acquaintance=texts.get("acquaintance", "any"),
        hours=numbers["hours"],
        weeks=int(numbers["weeks"]),
        cells=tuple(cells),
        **shares,
    )
    named = {problem.where for problem in problems}
    problems += [problem for problem in problems_of(order) if problem.where not in named]
    form.problems = problems
    # The name is asked for at saving; figures do not wait for it.
    if not [problem for problem in problems if problem.where != "name"]:
        form.order = order
    return form


def fixed(form: OrderForm, fix: str) -> OrderForm:
    """The form after one of the alarm's buttons: `share:es:20` or `weeks:es:9`."""
    kind, _sep, rest = fix.partition(":")
    language, _sep, number = rest.partition(":")
    wanted = whole(number)
    if form.order is None or wanted is None:
        return form
    order = form.order
    if kind == "weeks":
        order = replace(order, weeks=wanted)
    elif kind == "share" and language in order.languages and wanted <= 100:
        order = with_share(order, language, wanted)
        rounded = {code: round(share, 2) for code, share in order.languages.items()}
        largest = max((c for c in rounded if c != language), key=lambda c: rounded[c])
        rounded[largest] = round(rounded[largest] + 1 - sum(rounded.values()), 2)
        order = replace(order, languages=rounded)
    return of_order(order)


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", ".").removesuffix("%").strip())
    except ValueError:
        return None
    return value if abs(value) < 1e9 else None
