"""`yesand copy`: whether a shared copy of a take is whole, and who says who performed it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from yesand.cli import say
from yesand.formats.performance import check
from yesand.formats.release_open import load_key


def copy(
    file: Annotated[Path, typer.Argument(help="ZIP file of a shared copy.")],
    key: Annotated[
        str, typer.Option(help="Public key that must have signed: a file, base64 or hexadecimal.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help=say.JSON_HELP)] = False,
) -> None:
    """Check the note of human performance in a shared copy, and that the sound is the one signed.

    Example: yesand copy take-019ab3f2.zip --key house.pem
    """
    found = check(file, load_key(key) if key else None)
    if not json:
        say.line(str(found.says["says"]))
    say.finish(
        {
            "says": found.says["says"],
            "program": found.says["program"],
            "take": found.says["take"],
            "date": found.says["date"],
            "signed_by": found.keyid,
            "key": "as given" if found.pinned else "from the copy itself; give --key to pin it",
        },
        as_json=json,
    )
