"""Everybody in the demo, and the link that puts each of them inside a moment."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from yesand.cli import seeding
from yesand.cli.demonstration import aims
from yesand.commission.reads import deck
from yesand.people.entry import path_for
from yesand.people.models import Person
from yesand.stage.models import Session

NAME = "Light Voices"


@dataclass(frozen=True)
class Cast:
    """The demo's people. pairs: the robots of the two scenes; bo waits for ada.

    two: people on two machines, who play each other where the network is served.
    """

    seeded: seeding.Seeded
    pairs: tuple[tuple[Person, Person], ...]
    bo: Person
    ada: Person
    two: tuple[Person, Person]
    ines: Person
    kaisa: Person
    ears: tuple[Person, ...]


def _robot(seeded: seeding.Seeded, alias: str) -> Person:
    robot = seeding.performer(
        seeded, f"{alias.lower()}@robots.example", f"Robot {alias}", player_kind="robot"
    )
    seeding.agree(robot, seeded.program, ("recognition_training", "evaluation_only"))
    return robot


def _human(seeded: seeding.Seeded, alias: str) -> Person:
    person = seeding.performer(seeded, f"{alias.lower()}@demo.example", alias)
    seeding.agree(person, seeded.program, ("recognition_training", "evaluation_only"))
    return person


def seed() -> tuple[Cast, str]:
    """Program, deck, order, rate card, roster; everything through the houses' verbs."""
    seeded = seeding.program(NAME, "mo@demo.example", hours=4)
    robots = {alias: _robot(seeded, alias) for alias in ("Bo", "Cy", "Di", "Ed", "Fi")}
    ada, uma, vic = (_human(seeded, alias) for alias in ("Ada", "Uma", "Vic"))
    ines = seeding.rater(seeded, "ines@demo.example", "Ines", signed=True)
    kaisa = seeding.engineer(seeded, "kaisa@demo.example", "Kaisa")
    ears = tuple(
        seeding.rater(
            seeded, f"ear{n}@robots.example", f"Robot Ear {n}", signed=True, player_kind="robot"
        )
        for n in (1, 2, 3)
    )
    cast = Cast(
        seeded,
        ((robots["Cy"], robots["Di"]), (robots["Ed"], robots["Fi"])),
        robots["Bo"],
        ada,
        (uma, vic),
        ines,
        kaisa,
        ears,
    )
    aims.seed(seeded.producer)
    cells = seeded.commission.cells.count()
    return (
        cast,
        f"One program: {len(deck())} cards, an order of {cells} cells, {len(robots)} robots, "
        "a rate card",
    )


def links(cast: Cast, session: Session) -> list[tuple[str, str, str]]:
    """(audience, address, what is there)."""
    slug = cast.seeded.program.slug
    return [
        (
            "Performer",
            path_for(cast.ada, f"/room/{session.pk}/check"),
            _("Robot Bo is ready. Nothing you say leaves this machine."),
        ),
        (
            "Producer",
            path_for(
                cast.seeded.producer, f"/producer/{slug}/commissions/{cast.seeded.commission.pk}"
            ),
            _("The coverage of the order, with the robots' take in it."),
        ),
        ("Rater", path_for(cast.ines, f"/rater/bench/{slug}"), _("Items of the robots' scene.")),
        (
            "Engineer",
            path_for(cast.kaisa, f"/lab/{slug}"),
            _("Three lines that load the release, and a withdrawal seconds old."),
        ),
    ]


def two_links(cast: Cast, session: Session) -> list[tuple[str, str]]:
    """(alias, address) of the two people who play each other, each on a machine of their own."""
    return [(who.alias, path_for(who, f"/room/{session.pk}/check")) for who in cast.two]
