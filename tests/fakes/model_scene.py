"""A robot and a model play one scene at a deployment that runs; prints one JSON object.

What it has: the streams of the take, the manifest's kinds of players, what the model was told, what
the robot heard, and what a release of people and one of robots say of the take.
"""

from __future__ import annotations

import asyncio
import json
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must stand first

from tests.fakes.echo_player import Tone  # noqa: E402
from yesand.capture import reads as capture  # noqa: E402
from yesand.cli import seeding  # noqa: E402
from yesand.cli.demonstration import cast, night  # noqa: E402
from yesand.cli.robots.actor import Actor  # noqa: E402
from yesand.cli.robots.player import Player  # noqa: E402
from yesand.cli.robots.seat import Apart  # noqa: E402
from yesand.consent import actions as consent  # noqa: E402
from yesand.kit.errors import Refused  # noqa: E402
from yesand.people.entry import path_for  # noqa: E402
from yesand.recording.models import Stream  # noqa: E402
from yesand.release import actions as release  # noqa: E402
from yesand.release import reads  # noqa: E402
from yesand.stage import actions as stage  # noqa: E402
from yesand.stage.models import Take  # noqa: E402

SECONDS = 16.0


def main() -> None:
    people, _says = cast.seed()
    model = seeding.performer(
        people.seeded, "tone@models.example", "Model Tone", player_kind="model"
    )
    seeding.agree(model, people.seeded.program, ("recognition_training", "evaluation_only"))
    session = stage.open_session(night._book(people, people.bo, model, 30))
    tone = Tone()
    seats = {people.bo: Actor(7), model: Apart(tone)}
    players = []
    for place in session.places.select_related("person").order_by("role"):
        link = path_for(place.person, "/me")
        players.append(Player(settings.BASE_URL, link, place.role, seats[place.person], SECONDS))
    players[0].leads = True
    asyncio.run(night._scenes([(str(session.pk), players)]))
    stage.end_session(session)
    take = Take.objects.get(pk=UUID(players[0].takes[0]))
    night.sealed([take.pk])
    program = people.seeded.program
    for person in seats:
        consent.choose(person, program, take.pk, "keep")
    found: dict[str, object] = {
        "streams": sorted(
            f"{s.kind} {s.state}" for s in Stream.objects.filter(recording__about=take.pk)
        ),
        "kinds": sorted(p.kind for p in capture.manifest_of(take.pk).players),
        "told": tone.events,
        "late_s": {
            track.role: track.first_client_ms / 1000 - take.opened_at
            for track in capture.tracks(take.pk, kind="mic")
        },
        "lines": [m.body["text"] for m in session.messages.filter(kind="line").order_by("pk")],
        "left_out": reads.dry_run(program, "recognition_training").left_out,
        "robots_left_out": reads.dry_run(program, "recognition_training", robots=True).left_out,
    }
    try:
        release.build(program, "recognition_training")
    except Refused as refusal:
        found["refused"] = str(refusal)
    print(json.dumps(found, default=str), flush=True)


if __name__ == "__main__":
    main()
