"""What each use means, in words: what a model could then do, and what it could not."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Meaning:
    """what: the use in one sentence; could, could_not: one example each."""

    what: str | Promise
    could: str | Promise
    could_not: str | Promise


MEANINGS: dict[str, Meaning] = {
    "recognition_training": Meaning(
        _("Teach a model to hear turns, overlaps, laughter, and how a character was heard."),
        _("make a phone line that notices you are laughing and waits."),
        _("tell an employer how you feel, or recognize you by your voice."),
    ),
    "evaluation_only": Meaning(
        _("Test a finished model on your scenes."),
        _("publish that the model misses one overlap in five in Spanish."),
        _("train on those scenes, now or later."),
    ),
    "voice_generation": Meaning(
        _("Help make voices that belong to nobody."),
        _(
            "make a voice that laughs in the middle of a word, from at least 10 people, "
            "30 minutes of you at most."
        ),
        _("make a voice that is yours, or sell a voice under your name."),
    ),
    "video_generation": Meaning(
        _("Help make faces that listen and answer and belong to nobody."),
        _("make a drawn face that raises its eyebrows at the right moment."),
        _("make a face that is yours, or show you in a film."),
    ),
    "likeness_replica": Meaning(
        _("Make a copy of your voice or face, for uses you describe one by one."),
        _("let a copy of you read the three texts you named."),
        _("use the copy for anything you did not describe."),
    ),
    "publication": Meaning(
        _("Show or play your takes in public, in a paper or a talk."),
        _("play 20 seconds of your scene on a stage, with your alias if you like."),
        _("use it in an advertisement."),
    ),
    "derived_features": Meaning(
        _("Pass on numbers computed from your voice, without the sound."),
        _("publish a table of pauses and pitch that others can check."),
        _("make your voice again from it, or follow you from take to take."),
    ),
    "solo_use": Meaning(
        _("Keep your side of a take when your partner withdraws theirs."),
        _("use your track alone, where your partner cannot be heard on it."),
        _("keep anything of your partner."),
    ),
    "own": Meaning(
        _("Let us store and release what you say you felt yourself."),
        _("compare what you felt with what others heard."),
        _("show it on any page of the producer, or book you by it."),
    ),
    "terms": Meaning(
        _("How we work together: pay, breaks, who sees what, how it ends."),
        _("book you, record the scenes you agreed to, and pay you."),
        _("use a take for anything: every use is a signature of its own."),
    ),
    "rater_terms": Meaning(
        _("How rating works: pay for honest time, breaks, your answers under a number."),
        _("release your answers one by one under a made-up number."),
        _("show who you are, or pay less for skipping."),
    ),
}
