"""DATASHEET.md: the human account of a release, after Gebru et al., Datasheets for Datasets (2018).

Line 1 is the title, or "No human is in this release."; line 2 always holds hours, performers, the
largest share of one performer and the effective number of performers. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from yesand.formats.release_content import Figures
from yesand.kit.errors import Problem, Refused
from yesand.release.selection import REASONS

NO_HUMAN = "No human is in this release."

#: Section -> the questions a reader may bring; an empty section fails the build.
SECTIONS: dict[str, str] = {
    "motivation": "Why it was made, and for whom",
    "composition": "What is in it",
    "collection": "How it was recorded",
    "consent_and_pay": "Who agreed to what, and what they were paid",
    "processing": "What was done to the recordings",
    "labels": "Who judged what, and how it was added up",
    "uses": "What it is for, and what it is not for",
    "distribution": "Terms",
    "maintenance": "Versions, errata, withdrawals, whom to write to",
}


@dataclass(frozen=True)
class Account:
    """The text of each section, in Markdown. Plain facts; no section may be empty."""

    motivation: str
    composition: str
    collection: str
    consent_and_pay: str
    processing: str
    labels: str
    uses: str
    distribution: str
    maintenance: str


def figures_line(figures: Figures) -> str:
    """Line 2 of every datasheet."""
    return (
        f"{figures.hours:.2f} hours, {figures.performers} performers, "
        f"largest share of one performer {figures.largest_share:.1%}, "
        f"effective number of performers {figures.effective_performers:.1f}."
    )


def datasheet(title: str, account: Account, figures: Figures, *, robots: bool = False) -> str:
    """The whole text. Raises Refused naming each empty section.

    title: `<name> <version>`. robots: no human is in the release, and line 1 says so.
    """
    empty = [f.name for f in fields(account) if not getattr(account, f.name).strip()]
    if empty:
        says = "is empty; a release is not published without it."
        raise Refused(*(Problem("empty_section", f"datasheet.{name}", says) for name in empty))
    parts = [
        NO_HUMAN if robots else f"# Datasheet of {title}",
        figures_line(figures),
        "",
    ]
    if robots:
        parts += [f"# Datasheet of {title}", ""]
    for name, heading in SECTIONS.items():
        parts += [f"## {heading}", "", getattr(account, name).strip(), ""]
        if name == "composition":
            parts += _numbers(figures)
    return "\n".join(parts).rstrip("\n") + "\n"


def _numbers(figures: Figures) -> list[str]:
    lines = ["| part | takes | hours |", "|---|---|---|"]
    for split, takes in figures.takes_by_split.items():
        lines.append(f"| {split} | {takes} | {figures.hours_by_split[split]:.2f} |")
    lines += [
        "",
        f"{figures.takes} takes of {figures.dyads} pairs; {figures.items} moments were judged by "
        f"{figures.raters} observers. Parts share no performer and no pair.",
        "",
        left_out_line(figures.left_out),
        "",
        "The effective number of performers is 1 / sum of squared shares of time: the number of "
        "equal performers that would be as varied.",
        "",
    ]
    return lines


def left_out_line(left_out: Mapping[str, int]) -> str:
    """What is not in it, in one sentence: `Left out: 11 takes: 5 not yet kept by both, ...`."""
    counted = {reason: n for reason, n in left_out.items() if n}
    if not counted:
        return "Left out: nothing."
    listed = ", ".join(f"{n} {REASONS.get(reason, reason)}" for reason, n in counted.items())
    return f"Left out: {sum(counted.values())} takes: {listed}."


def amended(old: str, version: str, gone: int, figures: Figures) -> str:
    """The datasheet of a successor made from files: line 2 is new, the rest is kept and dated."""
    first, _, rest = old.partition("\n")
    body = rest.partition("\n")[2].rstrip("\n")
    note = (
        f"## Changed in version {version}\n\n"
        f"{gone} takes were withdrawn and are not in it. Line 2 counts this version; numbers "
        "further up are those of the version before."
    )
    return f"{first}\n{figures_line(figures)}\n{body}\n\n{note}\n"
