"""`yesand doctor`: look at this deployment and say what to do, one line each."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from yesand.cli import say
from yesand.infra import environ
from yesand.kit.errors import Refused

GIB = 2**30


@dataclass(frozen=True)
class Look:
    """name: what was looked at; ok; says: what was seen, or what is wrong and what to do."""

    name: str
    ok: bool
    says: str


def looks(here: environ.Settings) -> Iterator[Look]:
    """Everything that can be seen without starting anything."""
    yield Look("python", sys.version_info >= (3, 11), platform.python_version())
    yield _home(here)
    yield _secrets(here)
    yield _bundle()
    yield _binaries(here)
    yield from _ports(here)
    yield from _rows(here)


def _home(here: environ.Settings) -> Look:
    place = here.home
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        return Look("home", False, f"{here.home} cannot be written; set YESAND_HOME.")
    free = shutil.disk_usage(place).free
    if free < here.min_free_bytes:
        says = f"{free / GIB:.1f} GB free at {here.home}; new takes are refused. Make room."
        return Look("home", False, says)
    return Look("home", True, f"{here.home}, {free / GIB:.0f} GB free")


def _secrets(here: environ.Settings) -> Look:
    from yesand.infra import secrets  # noqa: PLC0415  (kept out of --help)

    made = []
    for name in secrets.NAMES:
        try:
            if secrets.peek(here.home, name) is not None:
                made.append(name)
        except Refused as refused:
            return Look("secrets", False, str(refused))
    return Look("secrets", True, f"{len(made)} of {len(secrets.NAMES)} made, readable by you only")


def _bundle() -> Look:
    from yesand.infra.database import package_folder  # noqa: PLC0415

    built = package_folder("web") / "static" / "built"
    if not any(built.glob("*.js")):
        return Look("bundle", False, "The browser bundle is not built; run make setup.")
    return Look("bundle", True, "the browser bundle is built")


def _binaries(here: environ.Settings) -> Look:
    if here.database_url:
        return Look("postgres", True, "given by YESAND_DATABASE_URL")
    from yesand.infra import binaries  # noqa: PLC0415

    try:
        return Look("postgres", True, f"Postgres {binaries.major(binaries.wheel(18))} of the wheel")
    except (Refused, OSError) as error:
        return Look("postgres", False, str(error))


def _ports(here: environ.Settings) -> Iterator[Look]:
    from yesand.infra import supervisor  # noqa: PLC0415

    running = supervisor.running_at(here.home)
    for name, port in (("port", here.port), ("door port", here.door_port)):
        free = supervisor.port_is_free(here.host, port)
        if running:
            yield Look(name, not free, f"{port}, served at {running}" if not free else f"{port}")
        else:
            says = f"{port} is free" if free else f"{port} is taken by another program."
            yield Look(name, free, says)


def _rows(here: environ.Settings) -> Iterator[Look]:
    from yesand.cli import house  # noqa: PLC0415

    try:
        house.enter()
    except Refused as refused:
        running = (here.home / "serve.json").exists() or bool(here.database_url)
        # A house that is closed is no fault; one that says it is open and is not, is.
        yield Look("database", not running, str(refused) if running else "closed; yesand serve")
        return
    from django.db import DatabaseError  # noqa: PLC0415

    from yesand.infra import health  # noqa: PLC0415

    for check in health.readyz().checks:
        seen = "" if check.value is None else f" ({check.value:.4g})"
        if check.name == "spool" and check.value is not None:
            seen = f" ({check.value / GIB:.0f} GB free)"
        yield Look(check.name, check.ok, check.says or f"fine{seen}")
    try:
        yield from _keys(here)
    except DatabaseError:
        return  # the look at migrations has said so


def _keys(here: environ.Settings) -> Iterator[Look]:
    from yesand.infra import key_copies, objects  # noqa: PLC0415  (after Django is set up)
    from yesand.recording import resealing  # noqa: PLC0415

    seen = resealing.look()
    wrong = [
        f"{seen.broken} keys do not open" if seen.broken else "",
        f"{seen.missing} recordings have no key here" if seen.missing else "",
    ]
    says = seen.says or ", ".join(filter(None, wrong))
    if says:
        says += "" if seen.says else "; bring a copy back with yesand keys restore."
    fine = f"{seen.keys} keys, {seen.gone} destroyed"
    if seen.old:
        fine += f", {seen.old} under an older key: yesand keys rotate finishes it"
    yield Look("keys", not says, says or fine)
    if seen.plain:
        says = f"{seen.plain} recorded streams lie plain; run yesand keys seal."
        yield Look("plain", False, says)
    copies = key_copies.known(objects.key_store())
    for copy in copies:
        says = f"{copy.folder}, {copy.days:.0f} days old"
        if copy.erased:
            says += f"; it may hold {copy.erased} erased keys: yesand keys backup {copy.folder}"
        yield Look("key copy", not copy.erased or here.loopback, says)
    if seen.keys and not copies:
        says = "none; when this disk dies no recording opens. Run yesand keys backup."
        yield Look("key copy", here.loopback, says)


def doctor(
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Check this deployment and say what to do. Exit 1 where something is wrong.

    Example: YESAND_HOME=/srv/yesand yesand doctor --json
    """
    found = list(looks(environ.current()))
    ok = all(look.ok for look in found)
    if json:
        say.finish({"looks": [vars(look) for look in found]}, as_json=True, ok=ok)
    for look in found:
        say.line(f"{'ok ' if look.ok else 'NO '} {look.name:10} {look.says}")
    raise typer.Exit(0 if ok else 1)
