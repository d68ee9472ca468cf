"""`yesand robots`: put a robot or a lab's model on a program's roster, and into a room."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import typer

from yesand.cli import house, say
from yesand.kit.errors import refuse

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
Json = Annotated[bool, typer.Option("--json", help=say.JSON_HELP)]
KINDS = ("robot", "model")


@app.command()
def add(
    alias: Annotated[str, typer.Argument(help="The name its partners see.")],
    program: Annotated[str, typer.Option(help="Slug of the program.")],
    kind: Annotated[str, typer.Option(help="robot or model.")] = "model",
    language: Annotated[list[str] | None, typer.Option(help="What it plays in; en.")] = None,
    json: Json = False,
) -> None:
    """Put a robot or a model on a program's roster; producers book it like anybody.

    Its kind is told to every partner before they agree, and its takes stay out of human releases.

    Example: yesand robots add "Model Mia" --program light-voices --kind model
    """
    house.enter()
    # after Django is set up
    from yesand.cli import seeding  # noqa: PLC0415
    from yesand.commission.models import Commission  # noqa: PLC0415
    from yesand.people.models import Membership, Person, Program  # noqa: PLC0415

    if kind not in KINDS:
        raise refuse("bad_kind", "Choose robot or model.", "--kind")
    row = Program.objects.filter(slug=program).first()
    order = Commission.objects.filter(program=row, state="open").first() if row else None
    made = Membership.objects.filter(program=row, role="producer").first() if row else None
    if row is None or order is None or made is None:
        raise refuse("no_program", "is not the slug of a program with an open order.", program)
    email = f"{'-'.join(alias.lower().split())}@{kind}s.example"
    known = Person.objects.filter(email=email).first()
    if known is not None and known.player_kind == "human":
        raise refuse("is_human", "belongs to a person.", email)
    seeded = seeding.Seeded(row, order, made.person)
    person = seeding.performer(seeded, email, alias, player_kind=kind)
    Person.objects.filter(pk=person.pk).update(languages=language or ["en"])
    seeding.agree(person, row, [p for p in row.purposes if p != "likeness_replica"])
    say.finish({"alias": alias, "kind": kind, "email": email}, as_json=json)


@app.command()
def play(
    room: Annotated[str, typer.Option(help="Id of the session, from the room's address.")],
    email: Annotated[str, typer.Option("--as", help="Who plays: its e-mail here.")] = "",
    link: Annotated[str, typer.Option(help="Its sign-in link, on another machine.")] = "",
    player: Annotated[str, typer.Option(help="module:Class of a player here.")] = "",
    socket: Annotated[str, typer.Option(help="ws:// address of a player elsewhere.")] = "",
    takes: Annotated[int, typer.Option(help="Takes to play; 0: until the session ends.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the robot's choices.")] = 11,
    json: Json = False,
) -> None:
    """Seat a robot (default), your class or your process in a room, and play along.

    Example: yesand robots play --room 0197... --as model-mia@models.example --player mine:Player
    """
    if player and socket:
        raise refuse("two_players", "Give --player or --socket, not both.", "--player")
    if bool(email) == bool(link):
        raise refuse("who", "Say who plays: --as here, or --link elsewhere.", "--as")
    base, path, context = _way_in(email, link)
    # A class in the current folder is found, as with `python -m`.
    sys.path.insert(0, "")
    # The media libraries are loaded for this verb alone.
    from yesand.cli.robots.actor import Actor  # noqa: PLC0415
    from yesand.cli.robots.player import Player  # noqa: PLC0415
    from yesand.cli.robots.seat import Apart, Seat, load  # noqa: PLC0415
    from yesand.cli.robots.socket_seat import SocketSeat  # noqa: PLC0415

    async def evening() -> list[str]:
        far = SocketSeat(socket) if socket else None
        seat: Seat
        if far is not None:
            try:
                await far.connect()
            except OSError as error:
                raise refuse("no_socket", f"does not answer: {error}", socket) from None
            seat = far
        elif player:
            seat = Apart(load(player))
        else:
            seat = Actor(seed, ThreadPoolExecutor(1, "robot"), lag_s=0.15)
        here = Player(base, path, "a", seat, verify=context or True)
        try:
            await here.enter()
            await here.green_room(room)
            await here.play(room, takes=takes or None, ssl=context)
        finally:
            seat.told("end", {})
            await here.finish()
            if far is not None:
                await far.close()
        return here.takes

    played: list[str] = []
    with contextlib.suppress(KeyboardInterrupt):
        played = asyncio.run(evening())
    say.finish({"takes": played}, as_json=json)


def _way_in(email: str, link: str) -> tuple[str, str, ssl.SSLContext | None]:
    """(base address, path of the sign-in link, trust over TLS)."""
    if link:
        scheme, _, rest = link.partition("://")
        host, slash, path = rest.partition("/")
        if scheme not in ("http", "https") or not slash:
            raise refuse("bad_link", "is no address with a path.", "--link")
        context = ssl.create_default_context() if scheme == "https" else None
        return f"{scheme}://{host}", slash + path, context
    house.enter()
    # after Django is set up
    from django.conf import settings  # noqa: PLC0415

    from yesand.cli.demonstration.night import trust  # noqa: PLC0415
    from yesand.people.entry import path_for  # noqa: PLC0415
    from yesand.people.models import Person  # noqa: PLC0415

    person = Person.objects.filter(email=email).first()
    if person is None:
        raise refuse("nobody", "is nobody's e-mail here.", f"--as {email}")
    if person.player_kind == "human":
        raise refuse("is_human", "belongs to a person; only robots and models are seated.", email)
    context = trust() if settings.BASE_URL.startswith("https") else None
    return settings.BASE_URL, path_for(person, "/me"), context
