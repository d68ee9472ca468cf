"""The papers of a release: its datasheet and the license text."""

from __future__ import annotations

from collections.abc import Callable

from yesand.consent.models import Terms
from yesand.consent.reads import title_of
from yesand.formats.release_content import Figures
from yesand.people.models import Program
from yesand.release.models import Release
from yesand.release.selection import REASONS

EXAMPLE_LICENSE = """EXAMPLE LICENSE - replace it with your own before you publish.

The client named in the program may use this release for the purpose it was built for and for
nothing else. No attempt to identify a person. No copy to anybody else. A take named in the
feed of withdrawals is removed from every copy by the day its notice names.
"""


def license_text(program: Program) -> str:
    """The operator's newest license of the program, or the clearly marked example."""
    own = Terms.objects.filter(program=program, purpose="license").order_by("-version").first()
    return own.text if own else EXAMPLE_LICENSE


def datasheet(release: Release, robots: bool) -> Callable[[Figures], str]:
    """A function that writes DATASHEET.md from the release's figures."""
    program = release.program

    def write(f: Figures) -> str:
        first = (
            "No human is in this release."
            if robots
            else f"Improvised two-person scenes, recorded for {program.client.name}."
        )
        left_out = "\n".join(f"- {n} {REASONS.get(code, code)}" for code, n in f.left_out.items())
        by_split = ", ".join(
            f"{name} {f.takes_by_split.get(name, 0)} takes, {hours:.2f} h"
            for name, hours in f.hours_by_split.items()
        )
        lines = [
            first,
            f"{f.hours:.2f} hours, {f.performers} performers, largest share of one performer "
            f"{f.largest_share:.1%}, effective number of performers {f.effective_performers:.1f}.",
            "",
            f"# {release.name} {release.version}",
            "",
            f"Program: {program.name}. Purpose: {title_of(release.purpose)}. Use: {release.use}.",
            f"{f.takes} takes of {f.dyads} pairs; {f.items} items, {f.raters} raters. {by_split}.",
            "",
            "## Motivation",
            program.about or "The program's page says what it is for.",
            "",
            "## Composition",
            "One take is two isolated lossless tracks of equal length (48 kHz, 24 bit); sample 0 "
            "of both is the same instant within the stated uncertainty. Device input latency is "
            "not observable and is excluded. Overlap, laughter and interruption are kept. Gaps "
            "are zero-filled and listed.",
            "Four views stand side by side and are never merged: intended (cue), character "
            "(self), partner, observer. Outside cue spans a take is uncued, which is not neutral. "
            "Labels are judgements about the character in a take, never about the person.",
            "",
            "## Collection",
            "Recorded in the browsers of both performers while they played; a cue is an offer "
            "that may be taken, bent or let go. Performers were paid for the whole booking "
            "whatever they chose afterwards. Both kept every take in here.",
            "",
            "## Left out",
            left_out or "- nothing",
            "",
            "## Uses",
            f"Allowed: {title_of(release.purpose)}. {program.may_not}".strip(),
            "A name is not in it. A voice or face can be recognized.",
            "",
            "## Withdrawal",
            "A performer can take a take back at any time. It leaves the next version, and the "
            "signed feed names it (revocations.jsonl). What a model has learned may stay.",
        ]
        return "\n".join(lines)

    return write
