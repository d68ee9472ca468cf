"""Seeds the rehearsal's own server; prints one JSON object with what the driver needs."""

from __future__ import annotations

import json

import django

django.setup()

from yesand.cli import seeding  # noqa: E402 - Django must stand first
from yesand.cli.rehearsal.seed_words import PERFORMERS, PRODUCER, RATER  # noqa: E402
from yesand.people import actions as people  # noqa: E402


def main() -> None:
    """Program, order, producer, rater, two performers of one split pool."""
    # Two browsers and a server share this machine: a small picture leaves the sound its time.
    seeded = seeding.program(
        "Rehearsal", PRODUCER, hours=4, video_width=320, video_height=180, video_fps=10
    )
    people.join(seeded.program, seeded.producer, "engineer")
    seeding.rater(seeded, RATER, "Ines")
    persons = {
        role: seeding.performer(seeded, email, alias)
        for (role, email), alias in zip(PERFORMERS.items(), ("Ada", "Noor"), strict=True)
    }
    print(
        json.dumps(
            {
                "program": seeded.program.slug,
                "commission": str(seeded.commission.pk),
                "people": {role: str(p.pk) for role, p in persons.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
