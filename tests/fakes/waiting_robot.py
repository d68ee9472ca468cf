"""The end of the demo alone: its people and links, then Bo plays one scene with whoever comes.

Prints one JSON object with the links, and after the scene one with what was sealed.
"""

from __future__ import annotations

import asyncio
import json
import time

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must stand first

from yesand.capture.models import Seal  # noqa: E402
from yesand.cli.demonstration import cast, night  # noqa: E402
from yesand.recording.models import Stream  # noqa: E402
from yesand.stage.models import Take  # noqa: E402


def sealed(session: object) -> dict[str, object]:
    deadline = time.monotonic() + 60
    while not (seal := Seal.objects.filter(take__scene__session=session).first()):
        assert time.monotonic() < deadline, "the take was never sealed"
        time.sleep(0.1)
    take = Take.objects.get(scene__session=session)
    streams = Stream.objects.filter(recording__about=take.pk).values_list("state", flat=True)
    return {"lost_seconds": seal.lost_seconds, "streams": sorted(streams)}


def main() -> None:
    people, _says = cast.seed()
    session = night.waiting_room(people)
    links = {who: settings.BASE_URL + path for who, path, _what in cast.links(people, session)}
    for who, path in cast.two_links(people, night.room_for_two(people)):
        links[who] = settings.BASE_URL + path
    print(json.dumps(links), flush=True)
    asyncio.run(night.wait_with_bo(people, session, takes=1))
    print(json.dumps(sealed(session)), flush=True)


if __name__ == "__main__":
    main()
