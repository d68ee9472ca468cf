"""Seeds the demo, plays it, prints six timed lines and four links; then Bo waits in the room."""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Callable
from typing import TypeVar

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must stand first

from yesand.cli.demonstration import cast, night  # noqa: E402
from yesand.kit.errors import Refused  # noqa: E402

T = TypeVar("T")


def line(text: str) -> None:
    """One line for the terminal, at once."""
    print(text, flush=True)


def timed(number: int, do: Callable[[], tuple[T, str]]) -> T:
    """Run a step, print what it says and how long it took."""
    began = time.monotonic()
    value, says = do()
    line(f"{number}  {says}  ({time.monotonic() - began:.1f} s)")
    return value


def main() -> None:
    """The six lines, the links, and a robot who waits until this process ends."""
    people = timed(2, cast.seed)
    played = timed(3, lambda: night.play(people))
    timed(4, lambda: night.sealed(played))
    timed(5, lambda: night.rated(people, played))
    timed(6, lambda: night.released(people, played))
    session = night.waiting_room(people)
    for audience, link, says in cast.links(people, session):
        line(f"{audience:<10} {settings.BASE_URL}{link}")
        line(f"           {says}")
    if settings.BASE_URL.startswith("https"):
        line("Two people on two machines, in one room:")
        for alias, link in cast.two_links(people, night.room_for_two(people)):
            line(f"{alias:<10} {settings.BASE_URL}{link}")
    line("Ctrl-C stops everything. The links sign you in once; start the demo again for new ones.")
    asyncio.run(night.wait_with_bo(people, session))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
    except Refused as refusal:
        line(f"The demo cannot go on: {refusal}")
        sys.exit(1)
    except Exception:
        traceback.print_exc()
        line("The demo stopped; the pages still answer.")
        sys.exit(1)
