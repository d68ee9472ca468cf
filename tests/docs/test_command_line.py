"""Every verb has help with an example, and the verbs that people script have --json."""

import importlib

import pytest
import typer

from yesand.cli.main import VERBS, run, there

WITHOUT_JSON = {"demo", "serve", "worker"}  # they run until they are stopped


def paths() -> list[tuple[str, ...]]:
    """Every command that can be typed: verbs, and the verbs of groups."""
    found: list[tuple[str, ...]] = []
    for name in sorted(there()):
        module, _, attribute = VERBS[name].place.partition(":")
        command = getattr(importlib.import_module(f"yesand.cli.{module}"), attribute)
        if isinstance(command, typer.Typer):
            for inner in command.registered_commands:
                assert inner.callback is not None
                found.append((name, inner.name or inner.callback.__name__))
        else:
            found.append((name,))
    return found


def helped(capsys, *words: str) -> str:
    assert run([*words, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", paths(), ids=" ".join)
def test_a_verb_explains_itself(words, capsys):
    text = helped(capsys, *words)
    assert "Example: " in text
    if words[0] not in WITHOUT_JSON:
        assert "--json" in text


def test_the_list_shows_every_verb_with_its_line(capsys):
    text = helped(capsys)
    for name, verb in there().items():
        assert name in text and verb.help.split(",")[0][:40] in text


def test_an_unknown_verb_and_a_wrong_word_end_with_2(capsys):
    assert run(["improvise"]) == 2
    assert run(["worker", "never"]) == 2
    assert "never" in capsys.readouterr().err
