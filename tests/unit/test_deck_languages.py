"""The lint in Spanish, a language nobody has words of yet, and cards written back as YAML."""

from __future__ import annotations

import copy

import pytest

from yesand.commission.lint import cue_complaints, lint
from yesand.commission.lint_words import words_of
from yesand.commission.prompt_schema import TAGS, line_of, read_loosely, read_prompt
from yesand.commission.prompt_text import write_prompt
from yesand.kit.errors import Refused

CARD = """\
schema: 1
id: fila-14
language: es
title: Fila 14
author: somebody
rights: Apache-2.0
shape: improvised
family: strangers
relationship: rivals
word: vecinos
premise: Dos vecinos son los únicos pasajeros de un ferri.
roles:
  a:
    alias: Vera
    want: que Otis lo reconozca
    secret: Guardó todas las cartas.
    soft_spot: Él riega las plantas de la escalera.
  b:
    alias: Otis
    want: sacarle una canción sin pedírsela
    secret: No puede dormir.
    soft_spot: Ella nunca da portazos.
turns:
  - {at: 1, role: a, action: Pídele una cosa de vuelta, aim: {emotion: sadness, intensity: 1}}
  - {at: pull, role: b, action: Escúchale hasta el final, aim: {emotion: neutral}}
"""


def changed(card, path, value):
    card = copy.deepcopy(card)
    *holders, last = path
    holder = card
    for step in holders:
        holder = holder[step]
    holder[last] = value
    return card


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("roles", "a", "want"), "estar triste con Otis", "order_to_feel"),
        (("roles", "b", "secret"), "Sé un poco más celoso con ella.", "order_to_feel"),
        (("roles", "b", "secret"), "Actúa como si nada, o actúa muy furiosa.", "order_to_feel"),
        (("premise",), "Dos vecinos sienten mucha vergüenza en un ferri.", "order_to_feel"),
        (("premise",), "Dos vecinos procuran no tener miedo en un ferri.", "order_to_feel"),
        (("roles", "a", "want"), "ganar el billete del ferri", "want_without_partner"),
        (("roles", "b", "want"), "que Vera lo reconozca", "same_want"),
        (("turns", 0, "action"), "Pide " * 9, "long_cue"),
        (("turns", 0, "action"), "Enséñale tu tristeza", "feeling_word"),
        (("turns", 0, "action"), "Hazle ver que vas orgullosa", "feeling_word"),
        (("turns", 0, "action"), "Límpiate una lágrima", "body_word"),
        (("turns", 0, "action"), "Sonríele", "body_word"),
        (("turns", 0, "action"), "El teléfono suena", "not_an_action"),
        (("turns", 0, "action"), "Le pides otra oportunidad", "not_an_action"),
        (("turns", 0, "action"), "Pedirle otra oportunidad", "not_an_action"),
        (("turns", 0, "action"), "Ocultar lo que sabes", "not_an_action"),
        (("title",), "Un viaje en Uber", "real_name"),
    ],
)
def test_the_lint_refuses_in_spanish(path, value, code):
    card = read_prompt(CARD, "fila.yaml")
    found = [complaint.code for complaint in lint(changed(card, path, value), tuple(TAGS))]
    assert code in found


@pytest.mark.parametrize(
    "want",
    ["que ella toque algo", "pedirle perdón", "convencerla", "sacar a Vera de su fila",
     "hacerles un sitio", "contárselo todo", "que le devuelva la llave"],
)  # fmt: skip
def test_a_spanish_want_may_name_the_partner_in_many_ways(want):
    card = changed(read_prompt(CARD, "fila.yaml"), ("roles", "b", "want"), want)
    assert lint(card, tuple(TAGS)) == []


@pytest.mark.parametrize(
    ("say", "instead_of"),
    [
        ("No dejes que cambie de tema", "Sé desagradable, con ira"),
        ("Explícaselo otra vez, con paciencia", "Ponte nervioso"),
        ("Disimula, mal", "Sonrójate"),
        ("Aléjale de la ventana", "Ten miedo"),
        ("Aguanta la risa", "Ríete"),
        ("Dilo en voz alta", "Baja la voz"),
        ("Échale una mano", "Dale la mano"),
    ],
)
def test_spanish_cues_ask_for_something_to_do(say, instead_of):
    assert cue_complaints(say, "es") == []
    assert cue_complaints(instead_of, "es-MX") != []


def test_english_rules_are_not_read_into_spanish():
    assert cue_complaints("No le dejes sitio", "es") == []
    assert cue_complaints("No more room for them")[0][0] == "not_an_action"
    assert words_of("pt") is None and words_of("es-AR") is words_of("es")


def test_a_language_without_words_is_laid_and_says_what_nobody_checked():
    text = CARD.replace("language: es", "language: eo").replace("Pídele", "Feliĉa")
    read = read_loosely(text, "fila.yaml")
    assert read.problems == () and read.card is not None
    (notice,) = read.notices
    assert notice.code == "language_unchecked" and line_of(notice) == 3
    for check in ("orders to feel", "partner", "body", "verb"):
        assert check in notice.says
    assert read_prompt(text, "fila.yaml")["language"] == "eo"
    long = text.replace("Escúchale hasta el final", "a b c d e f g h i")
    assert [p.code for p in read_loosely(long, "x").problems] == ["long_cue"]
    named = text.replace("title: Fila 14", "title: Netflix")
    assert [p.code for p in read_loosely(named, "x").problems] == ["real_name"]


def test_while_typing_as_much_is_read_as_stands():
    half = read_loosely(CARD.replace("    want: que Otis lo reconozca\n", ""), "fila.yaml")
    assert half.card is not None and half.card["roles"]["b"]["alias"] == "Otis"
    assert [(p.code, line_of(p)) for p in half.problems] == [("missing", 13)]
    assert read_loosely("roles: [", "fila.yaml").card is None
    assert read_loosely("", "fila.yaml").problems[0].code == "empty_file"
    assert read_loosely("- a list", "fila.yaml").problems[0].code == "not_a_mapping"
    assert read_loosely("roles: 3", "x").card is not None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Fila 14", "F" * 81, "too_long"),
        ("fila-14", "f" * 61, "too_long"),
        ("language: es", "language: Español", "bad_language"),
        ("language: es", "language: es\nversion: 99999999999", "not_whole"),
        ("language: es", "language: es\nminutes_hint: 900", "bad_minutes"),
        ("title: Fila 14", 'title: "Fila \\0"', "bad_value"),
        ("title: Fila 14", 'title: "Fila \\ud800"', "bad_value"),
        ("title: Fila 14", '"ti\\0tle": Fila', "bad_key"),
        ("Pídele una cosa de vuelta", "Pídele " + "x" * 80, "long_cue"),
    ],
)
def test_what_no_column_can_hold_is_named_before_it_gets_there(old, new, code):
    with pytest.raises(Refused) as refused:
        read_prompt(CARD.replace(old, new, 1), "fila.yaml")
    assert code in [p.code for p in refused.value.problems]


NASTY = ["yes", "3", "a: b", "- x", "# no", "it's", '"said"', "{a}", "null", "tab\there", "ñandú ¿qué?",
         "ends:", "2026-01-01", "1e5", "\u2028odd", "back\\slash", "*star", "&and", "!bang", "%x", "@at",
         "🎻 cello", "\x85", "0x1F", "~", "word #tag", "comma, then", "x" * 200]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_a_card_written_as_yaml_reads_back_as_itself(text):
    text = " ".join(text.split()) or "blank"
    card = read_prompt(CARD, "fila.yaml")
    for path in (
        ("premise",),
        ("roles", "a", "secret"),
        ("turns", 0, "at"),
        ("ways_out",),
        ("limits",),
    ):
        card = changed(card, path, [text, text] if path[0] in {"ways_out", "limits"} else text)
    card["first_line"] = {"role": "a", "text": text}
    card["target_line"] = {"role": "b", "text": text, "accepted": [text]}
    written = write_prompt(card)
    read = read_loosely(written, "again.yaml").card
    assert read == card
    assert write_prompt(read) == written
