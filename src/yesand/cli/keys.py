"""`yesand keys`: look at the recordings' keys, turn them, copy them, use them, destroy them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from yesand.cli import house, say
from yesand.infra import environ
from yesand.kit.errors import refuse

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help=say.JSON_HELP)]
Folder = Annotated[Path, typer.Argument(help="A folder elsewhere, which holds one copy.")]


@app.command()
def check(json: Json = False) -> None:
    """Open every key and look at every object; exit 1 where something does not open or lies plain.

    Example: yesand keys check --json
    """
    house.enter()
    # Tables and keys are read only after Django is set up, here and below.
    from yesand.recording import resealing  # noqa: PLC0415

    seen = resealing.look()
    plain = sum(1 for _ in resealing.plain_names())
    fine = not (seen.says or seen.broken or seen.missing or plain)
    say.finish({**vars(seen), "plain": plain}, as_json=json, ok=fine)


@app.command()
def rotate(json: Json = False) -> None:
    """Wrap every key by a new key-encryption key and drop the old one. Nothing is sealed again.

    May be stopped at any moment; the next run finishes what was begun. Bring copies up to date
    afterwards: yesand keys backup.

    Example: yesand keys rotate
    """
    from yesand.infra.keys import KeyStore  # noqa: PLC0415

    here = environ.current()
    made, count = KeyStore(here.keys, here.key_ring).rotate()
    say.finish({"begun": made, "wrapped": count}, as_json=json)


@app.command()
def backup(folder: Folder, json: Json = False) -> None:
    """Bring the copy of the keys in a folder up to date; what was destroyed leaves it.

    Keep it apart from the backup of rows and objects: together they open every recording.

    Example: yesand keys backup /mnt/safe/keys
    """
    from yesand.infra import key_copies  # noqa: PLC0415
    from yesand.infra.keys import KeyStore  # noqa: PLC0415

    here = environ.current()
    done = key_copies.write(KeyStore(here.keys, here.key_ring), folder)
    say.finish(vars(done), as_json=json)


@app.command()
def restore(folder: Folder, json: Json = False) -> None:
    """Bring keys back from a copy. What is known as destroyed, here or there, stays destroyed.

    Example: yesand keys restore /mnt/safe/keys
    """
    from yesand.infra import key_copies  # noqa: PLC0415
    from yesand.infra.keys import KeyStore  # noqa: PLC0415

    here = environ.current()
    done = key_copies.read(KeyStore(here.keys, here.key_ring), folder)
    say.finish(vars(done), as_json=json)


@app.command()
def seal(json: Json = False) -> None:
    """Seal what was stored before there were keys. May be stopped at any moment and run again.

    Example: yesand keys seal
    """
    house.enter()
    from yesand.recording import resealing  # noqa: PLC0415

    names = list(resealing.plain_names())
    done = 0
    with say.progress("sealing", len(names)) as steps:
        for name in names:
            if resealing.reseal(name):
                done += 1
            steps.advance()
    for stream in resealing.plain_streams():  # sealed, and cut off before its row knew it
        resealing.reseal(stream.object_key)
    left = sum(1 for _ in resealing.plain_names())
    say.finish({"sealed": done, "plain": left}, as_json=json, ok=not left)


@app.command()
def erase(
    recording: Annotated[str, typer.Option(help="Id of one recording.")] = "",
    person: Annotated[str, typer.Option(help="Made-up id of a person: all of theirs.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Destroy the keys and bytes of one recording, or of everything a person was recorded in.

    It cannot be undone, by no backup either. Of a person everything signed is taken back first.

    Example: yesand keys erase --person pab12cd34ef
    """
    if bool(recording) == bool(person):
        raise refuse("bad_usage", "Say one of --recording and --person.", "yesand keys erase")
    house.enter()
    from django.core.exceptions import ValidationError  # noqa: PLC0415

    from yesand.flows import erasure  # noqa: PLC0415
    from yesand.people.models import Person  # noqa: PLC0415
    from yesand.recording import erasing  # noqa: PLC0415
    from yesand.recording.models import Recording  # noqa: PLC0415

    who = Person.objects.filter(pseudonym=person).first() if person else None
    if person and who is None:
        raise refuse("not_found", "Nobody here has this made-up id.", f"--person {person}")
    try:
        rows = erasing.of_person(who) if who else list(Recording.objects.filter(pk=recording))
    except ValidationError:
        rows = []
    if recording and not rows:
        raise refuse("not_found", "There is no such recording.", f"--recording {recording}")
    if not yes and not typer.confirm(f"Destroy {len(rows)} recordings for good?", err=True):
        raise refuse("not_confirmed", "Nothing was erased.", "yesand keys erase")
    count = erasure.erase_person(who, "asked") if who else erasure.erase(rows, "asked")
    say.finish({"erased": count}, as_json=json)
