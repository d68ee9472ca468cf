"""`yesand VERB`: the table of verbs, and what every verb shares.

Adding a verb: write `cli/<module>.py` with a typed function (typer reads its parameters; the
docstring's first line and an `Example:` become its --help) or a `typer.Typer` for a verb with
verbs of its own, and add a row to `VERBS`. Only the module of the verb that was asked for is
imported, so `yesand --help` and the verbs of researchers run on the base install.

Exit codes: 0 fine, 1 problems were found, 2 bad usage or refused. `--json` makes one JSON object
the last line of stdout, also when the verb is refused.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import typer

from yesand import __version__
from yesand.kit.errors import Problem, Refused

FINE, PROBLEMS, USAGE = 0, 1, 2


@dataclass(frozen=True)
class Verb:
    """One row. place: "module:name" below yesand.cli; needs: the extra that carries it."""

    place: str
    help: str
    needs: str = ""


VERBS: dict[str, Verb] = {
    "demo": Verb("demo:demo", "Start everything, seeded, with pairs of robots that play", "server"),
    "serve": Verb("serve:serve", "Run database, door, pages and workers in one terminal", "server"),
    "worker": Verb("worker:worker", "Run one worker: now or work", "server"),
    "migrate": Verb("migrate:migrate", "Bring the database's tables up to this version", "server"),
    "doctor": Verb("doctor:doctor", "Check this deployment and say what to do", "server"),
    "backup": Verb("backup:backup", "Write rows and objects to a folder, keys apart", "server"),
    "restore": Verb("backup:restore", "Put a backup into an empty home", "server"),
    "keys": Verb("keys:app", "Check, turn, copy and destroy the recordings' keys", "server"),
    "rehearse": Verb("rehearse:rehearse", "Play one scene through real browsers", "rehearse"),
    "robots": Verb("robots.verbs:app", "Seat a robot or a lab's model in a room", "server"),
    "sample": Verb("sample:sample", "Write a signed release of robot takes"),
    "analyze": Verb("analyze:analyze", "Turns, overlaps, levels and findings of two tracks"),
    "words": Verb("words:words", "Align words to two tracks"),
    "agree": Verb("agree:agree", "Agreement of ratings, with intervals"),
    "fuse": Verb("fuse:fuse", "Aggregate ratings of one table"),
    "trace": Verb("trace:trace", "Fuse continuous traces"),
    "match": Verb("match:match", "Pair people for a week from tables"),
    "release": Verb("release:app", "Build, verify, compare or revoke a release"),
    "pull": Verb("pull:pull", "Fetch a release and its notices"),
    "feed": Verb("feed:feed", "Read a program's feed of releases and withdrawals"),
    "copy": Verb("copy:copy", "Check who performed a shared copy of a take"),
    "export": Verb("export:export", "Write a release in another tool's layout"),
    "evaluate": Verb("evaluate:evaluate", "Score a baseline per cell, with intervals", "server"),
    "shortfall": Verb("shortfall:shortfall", "Draft the commission a model needs next", "server"),
    "payout": Verb("payout:payout", "Write a bank file of what is owed", "server"),
    "bench": Verb("bench:bench", "Measure one promise beside its peer", "server"),
}


def there() -> dict[str, Verb]:
    """The verbs whose module is installed."""
    return {
        name: verb
        for name, verb in VERBS.items()
        if importlib.util.find_spec(f"yesand.cli.{verb.place.split(':')[0]}") is not None
    }


def _load(verb: Verb) -> Any:
    module, _, attribute = verb.place.partition(":")
    return getattr(importlib.import_module(f"yesand.cli.{module}"), attribute)


def build(asked: str) -> typer.Typer:
    """The application with the real command of `asked` and a line for every other verb."""
    app = typer.Typer(
        name="yesand",
        help="Improvised two-person scenes, from two browsers to a signed release.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )

    @app.callback(invoke_without_command=False)
    def top(
        version: bool = typer.Option(
            False, "--version", help="Print the version.", is_eager=True, callback=_version
        ),
    ) -> None:
        """Improvised two-person scenes, from two browsers to a signed release."""

    for name, verb in there().items():
        if name != asked:
            app.command(name, help=verb.help)(_nothing)
            continue
        found = _load(verb)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name, help=verb.help)
        else:
            app.command(name)(found)
    return app


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


def _nothing() -> None:
    """Stands in the list for a verb that was not asked for."""


def _verb_of(words: Sequence[str]) -> str:
    return next((word for word in words if not word.startswith("-")), "")


def main(words: Sequence[str] | None = None) -> None:
    """The entry point; always ends in SystemExit."""
    sys.exit(run(list(sys.argv[1:] if words is None else words)))


def run(words: list[str]) -> int:
    """Run one command line and return its exit code."""
    asked = _verb_of(words)
    try:
        build(asked)(words, prog_name="yesand")
    except Refused as refused:
        return _refused(words, refused.problems)
    except ModuleNotFoundError as error:
        missing, verb = (error.name or "").split(".")[0], VERBS.get(asked)
        if verb is None or not verb.needs or missing == "yesand":
            raise
        says = (
            f"It needs {missing}: install the wheel of yesand again with [{verb.needs}] "
            "behind its name."
        )
        return _refused(words, (Problem("not_installed", f"yesand {asked}", says),))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FINE
    return FINE


def _refused(words: list[str], problems: Sequence[Problem]) -> int:
    for problem in problems:
        print(f"yesand: {problem}", file=sys.stderr)
    if "--json" in words:
        print(json.dumps({"ok": False, "problems": [asdict(p) for p in problems]}))
    return USAGE


if __name__ == "__main__":
    main()
