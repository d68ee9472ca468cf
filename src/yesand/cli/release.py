"""`yesand release build | verify | diff | revoke`."""

from __future__ import annotations

import datetime as dt
import json as json_
import sys
from pathlib import Path
from typing import Annotated

import typer

from yesand.cli import house, say
from yesand.formats.release_files import check_signature
from yesand.formats.release_files import verify as verify_release
from yesand.formats.release_open import find_release, load_key
from yesand.formats.release_write import check_empty, write_release
from yesand.formats.revocations import append
from yesand.formats.signing import read_signing_key
from yesand.kit.errors import Refused, refuse
from yesand.release.compare import compare
from yesand.release.datasheet import amended
from yesand.release.pulling import add_to_release
from yesand.release.successor import no_media, read_tables, successor

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help=say.JSON_HELP)]
KEY_HELP = "Public key that must have signed: a file, base64 or hexadecimal."
DUE_DAYS = 30


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="Folder of the release.")],
    key: Annotated[str, typer.Option(help=KEY_HELP)] = "",
    json: Json = False,
) -> None:
    """Read every byte of a release and compare it with what was signed.

    Example: yesand release verify light-voices-1 --key lab.pub
    """
    place = find_release(folder)
    trusted = load_key(key) if key else None
    last = 0
    try:
        with say.progress("Reading", None) as steps:

            def moved(done: int, _: int) -> None:
                nonlocal last
                steps.advance((done - last) / 1e6)
                last = done

            checked = verify_release(place, trusted, moved)
    except Refused as refused:
        for problem in refused.problems:
            print(f"yesand: {problem}", file=sys.stderr)
        problems = [{"code": p.code, "where": p.where, "says": p.says} for p in refused.problems]
        say.finish({"release": str(place), "problems": problems}, as_json=json, ok=False)
        return
    found = {
        "release": str(place),
        "title": checked.info.title,
        "kind": checked.info.kind,
        "files": len(checked.info.files),
        "bytes": checked.bytes,
        "signed_by": checked.info.signing.keyid,
        "key": "as given" if checked.pinned else "from the release itself; give --key to pin it",
        "withdrawn": len(checked.feed.takes),
    }
    say.finish(found, as_json=json)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Folder of the older version.")],
    new: Annotated[Path, typer.Argument(help="Folder of the newer version.")],
    json: Json = False,
) -> None:
    """Say which takes, tables and shards changed between two versions.

    Example: yesand release diff light-voices-1 light-voices-2
    """
    found = compare(find_release(old), find_release(new))
    say.finish(found, as_json=json)


@app.command()
def revoke(
    folder: Annotated[Path, typer.Argument(help="Folder of the release; its feed grows.")],
    take: Annotated[list[str], typer.Option(help="Take to withdraw; may be given again.")],
    key: Annotated[Path, typer.Option(help="File with the signing key, 64 hexadecimal digits.")],
    out: Annotated[Path, typer.Option(help="New folder of the version without the takes.")],
    version: Annotated[str, typer.Option(help="Its version; default: one more.")] = "",
    reason: Annotated[str, typer.Option(help="withdrawn, expired, safety or error.")] = "withdrawn",
    on: Annotated[str, typer.Option(help="Day of the notice, ISO 8601; default: today.")] = "",
    json: Json = False,
) -> None:
    """Sign a tombstone for each take, and write the version without them.

    Example: yesand release revoke light-voices-1 --take T --key signing.key --out light-voices-2
    """
    place = find_release(folder)
    check_empty(out)
    if not key.is_file():
        raise refuse("no_file", "does not exist.", str(key))
    signing = read_signing_key(key.read_text(), str(key))
    verify_release(place, signing.public)
    info, feed = check_signature(place, signing.public)
    day = _day(on)
    rows = {row["take_id"]: row for row in read_tables(place)["takes"]}
    for one in take:
        if one not in rows:
            raise refuse("no_take", "is not in this release.", f"--take {one}")
    longer = append(
        signing,
        feed,
        info.feed,
        [(t, [info.title], [rows[t]["sha256_a"], rows[t]["sha256_b"]]) for t in take],
        reason=reason,
        at=day.isoformat(),
        due=(day + dt.timedelta(days=DUE_DAYS)).isoformat(),
    )
    # the notice first: from here on no copy of this folder gives the takes away
    add_to_release(place, longer.data, "feed")
    errata = [json_.loads(line) for line in (place / "errata.jsonl").read_text().splitlines()]
    next_version = version or _next(info.version)
    gone = longer.takes & rows.keys()
    made = successor(
        place,
        info,
        longer,
        gone,
        version=next_version,
        made_on=day.isoformat(),
        datasheet=lambda old, figures: amended(old, next_version, len(gone), figures),
        errata=errata,
    )
    write_release(out, made, no_media, signing, previous=place)
    changed = compare(place, out)
    found = {
        "release": str(out),
        "version": next_version,
        "withdrawn": sorted(gone),
        "shards_rewritten": changed["shards_changed"] + changed["shards_gone"],
        "feed_lines": len(longer.tombstones),
    }
    say.finish(found, as_json=json)


@app.command()
def build(
    program: Annotated[str, typer.Argument(help="Slug of the program.")],
    purpose: Annotated[str, typer.Option(help="Purpose it is for.")] = "recognition_training",
    use: Annotated[str, typer.Option(help="train or evaluation.")] = "train",
    name: Annotated[str, typer.Option(help="Name; default: the program's slug.")] = "",
    robots: Annotated[bool, typer.Option("--robots", help="A release of robots.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    json: Json = False,
) -> None:
    """Build the next version of a program's release on this server; publish it on its page.

    Example: yesand release build light-voices --dry-run
    """
    house.enter()
    # after Django is set up
    from yesand.people.models import Program  # noqa: PLC0415
    from yesand.release import actions, reads  # noqa: PLC0415

    row = Program.objects.filter(slug=program).first()
    if row is None:
        raise refuse("no_program", "is not the slug of a program here.", program)
    if dry_run:
        chosen = reads.dry_run(row, purpose, use, robots)
        out = {reason: takes for reason, (takes, _) in chosen.left_out.items()}
        say.finish({"takes": len(chosen.takes), "left_out": out}, as_json=json)
    built = actions.build(row, purpose, use, name, robots)
    found = {
        "release": str(actions.folder_of(built)),
        "version": built.version,
        "state": built.state,
        "takes": built.figures["takes"],
        "hours": built.figures["hours"],
        "left_out": built.figures["left_out"],
    }
    say.finish(found, as_json=json)


def _day(text: str) -> dt.date:
    if not text:
        return dt.datetime.now(dt.UTC).date()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise refuse("bad_day", "must be a day such as 2026-03-01.", f"--on {text}") from None


def _next(version: str) -> str:
    head, _, rest = version.partition(".")
    if not rest:
        return str(int(head) + 1)
    minor = rest.split(".")[0]
    return f"{head}.{int(minor) + 1}"
