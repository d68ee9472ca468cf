"""The papers of a release: its datasheet and the license text."""

from __future__ import annotations

from collections.abc import Callable

from yesand.consent.models import Terms
from yesand.consent.reads import title_of
from yesand.formats.release_content import Figures
from yesand.people.models import Program
from yesand.release import datasheet as sheet
from yesand.release.models import Release

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
    purpose = title_of(release.purpose)
    account = sheet.Account(
        motivation=f"{program.about or program.name}\n\nMade for {program.client.name}. "
        f"Purpose: {purpose}. Use: {release.use}.",
        composition="One take is two isolated lossless tracks of equal length (48 kHz, 24 bit); "
        "sample 0 of both is the same instant within the stated uncertainty. Device input latency "
        "cannot be observed and is not in it. Overlap, laughter and interruption are kept. Gaps "
        "are zero-filled and listed. Model outputs are not in any table.",
        collection="Recorded in the browsers of both performers while they played; the call "
        "between them is not the recording. A cue is an offer that may be taken, bent or let go. "
        "One scene in three has none.",
        consent_and_pay="Each use was signed apart, under a text whose hash is in table consent. "
        "Both performers kept every take in here after they heard it. They were paid for the whole "
        "booking by the minute, whatever they chose.",
        processing="The tracks were laid on the stage clock from pings and sample counts, and "
        "resampled to 48 kHz. Spans a performer marked private are silent on both sides.",
        labels="Four views stand side by side and are never merged: intended (cue), character "
        "(self), partner, observer. Outside cue spans a take is uncued, which is not neutral. "
        "They are judgements about the character in a take, never about the person.",
        uses=f"Allowed: {purpose}. {program.may_not} A name is not in it; a voice or face can be "
        "recognized. Never to infer emotions of people at work.",
        distribution="See LICENSE. Signed; `yesand release verify` checks every byte offline.",
        maintenance="A performer can take a take back at any time: it leaves the next version and "
        "the signed feed names it. What a model has learned may stay. "
        f"Write to {program.contact or 'the producer of the program'}.",
    )

    def write(figures: Figures) -> str:
        return sheet.datasheet(f"{release.name} {release.version}", account, figures, robots=robots)

    return write
