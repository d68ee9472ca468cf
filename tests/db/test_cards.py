"""Verbs of the deck: what an editor saves, what two editors do to each other, import and export."""

from __future__ import annotations

import pytest

from tests.fakes import desk
from yesand.commission import actions, cards, reads
from yesand.commission.models import Prompt
from yesand.infra.models import Fact
from yesand.kit.errors import Refused

pytestmark = pytest.mark.django_db

program, mo, ada = desk.program, desk.mo, desk.ada

TEXT = (actions.DECK / "row-14.yaml").read_text("utf-8").replace("id: row-14", "id: row-15")


def codes(refused):
    return [problem.code for problem in refused.value.problems]


@pytest.fixture
def card(mo):
    first = actions.save_card(TEXT, mo)
    actions.set_status(first, "live", mo)
    first.refresh_from_db()
    return first


def test_a_new_card_is_a_draft_that_nobody_is_dealt(mo):
    made = actions.save_card(TEXT.replace("version: 1", "version: 7"), mo)
    assert (made.version, made.status, made.laid_by) == (1, "draft", mo)
    assert reads.deck() == []
    assert Fact.objects.filter(kind="card_laid", subject=made.pk).exists()
    with pytest.raises(Refused) as refused:
        actions.save_card(TEXT, mo)
    assert codes(refused) == ["id_taken"]
    assert refused.value.problems[0].where == "card.yaml:2: id"


def test_a_new_card_that_tells_another_one_is_refused_unless_it_names_it(card, mo):
    again = TEXT.replace("id: row-15", "id: row-16").replace("title: Row 14", "title: Row 16")
    with pytest.raises(Refused) as refused:
        actions.save_card(again, mo)
    assert codes(refused) == ["near_premise"] and "row-15" in str(refused.value)
    line = again[: again.index("premise:")].count("\n") + 1
    assert refused.value.problems[0].where == f"card.yaml:{line}: premise"
    variant = again.replace("title: Row 16", "title: Row 16\nparent: row-15")
    assert actions.save_card(variant, mo).body["parent"] == "row-15"
    actions.set_status(card, "retired", mo)
    other = again.replace("id: row-16", "id: row-17").replace("night ferry", "slow ferry")
    Prompt.objects.filter(slug="row-16").update(status="retired")
    assert actions.save_card(other, mo).slug == "row-17", "what is retired is told no more"


def test_saving_is_a_further_version_and_the_old_one_stays_on_the_tables(card, mo):
    second = actions.save_card(TEXT.replace("night ferry", "slow ferry"), mo, card)
    assert (second.version, second.status) == (2, "draft")
    assert reads.deck() == [card], "takes name the version they were played from"
    actions.set_status(second, "live", mo)
    card.refresh_from_db()
    assert card.status == "retired" and [c.pk for c in reads.deck()] == [second.pk]


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(card, mo, ada):
    theirs = actions.save_card(TEXT.replace("night ferry", "slow ferry"), ada, card)
    with pytest.raises(Refused) as refused:
        actions.save_card(TEXT.replace("night ferry", "last ferry"), mo, card)
    assert codes(refused) == ["stale"]
    assert "Ada saved version 2" in refused.value.problems[0].says
    assert Prompt.objects.count() == 2
    mine = actions.save_card(TEXT.replace("night ferry", "last ferry"), mo, theirs)
    assert mine.version == 3, "who has looked may go on from there"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("version: 1", "version: 9", "nothing_changed"),
        ("id: row-15", "id: row-16", "other_card"),
        ("language: en", "language: fr", "other_card"),
        ("likely_cells:", "use: evaluation\nlikely_cells:", "use_fixed"),
        ("Take up all of their room", "Get angry", "feeling_word"),
    ],
)
def test_what_is_no_further_version_is_refused(card, mo, old, new, code):
    with pytest.raises(Refused) as refused:
        actions.save_card(TEXT.replace(old, new), mo, card)
    assert code in codes(refused)
    assert Prompt.objects.count() == 1


def test_a_change_of_status_is_undone_with_what_it_took_along(card, mo):
    second = actions.save_card(TEXT.replace("night ferry", "slow ferry"), mo, card)
    change = actions.set_status(second, "live", mo)
    assert actions.set_status(second, "live", mo) == "", "twice is once"
    actions.undo_status(second, change, mo)
    assert {p.version: p.status for p in Prompt.objects.all()} == {1: "live", 2: "draft"}
    with pytest.raises(Refused) as refused:
        actions.undo_status(second, change, mo)
    assert codes(refused) == ["changed_since"]
    again = actions.set_status(second, "live", mo)
    card.refresh_from_db()
    actions.set_status(card, "tried", mo)
    with pytest.raises(Refused):
        actions.undo_status(second, again, mo)
    assert [entry["after"] for entry in Prompt.objects.get(version=1).history] == [
        "live", "retired", "live", "retired", "tried",
    ]  # fmt: skip
    with pytest.raises(Refused):
        actions.set_status(card, "gone", mo)


def test_a_pair_begins_with_the_same_words_and_names_its_parent(card, mo):
    text = cards.pair_text(card)
    assert "id: row-15-b\n" in text and "parent: row-15\n" in text and "version: 1\n" in text
    pair = actions.save_card(text, mo)
    assert pair.body["parent"] == "row-15" and pair.body["roles"] == card.body["roles"]
    assert "id: row-15-b-2\n" in cards.pair_text(card)
    spanish = cards.pair_text(card, "es")
    assert "id: row-15-es\n" in spanish and "language: es\n" in spanish
    moved = text.replace("row-15-b", "row-15-c").replace("tags:", "use: evaluation\ntags:")
    with pytest.raises(Refused) as refused:
        actions.save_card(moved, mo)
    assert codes(refused) == ["use_fixed"], "what tests a model never trains it"
    long = Prompt(slug="x" * 60, language="en", body=card.body)
    assert len(cards.pair_text(long).split("id: ")[1].split("\n")[0]) <= 60


def test_the_whole_deck_goes_out_and_comes_back_byte_for_byte(tmp_path, mo):
    actions.load_deck()
    first = reads.deck()[0]
    text = cards.text_of(first).replace(first.title, "Another Title")
    actions.save_card(text, mo, first)
    rows = [p for p in Prompt.objects.all() if p.status != "retired"]
    files = cards.files_of(rows)
    assert len(files) == len(rows) == len({name for name, _ in files})
    assert f"{first.slug}.en.2.yaml" in dict(files), "a draft beside the version that is live"
    for name, content in files:
        (tmp_path / name).write_text(content, "utf-8")
    before = {(p.slug, p.version): (p.status, p.body) for p in rows}
    Prompt.objects.all().delete()
    actions.load_deck(tmp_path)
    after = {(p.slug, p.version): p.status for p in Prompt.objects.all()}
    assert after == {key: status for key, (status, _) in before.items()}
    assert cards.files_of(Prompt.objects.all()) == files


def test_an_import_is_all_or_nothing_and_counts(card, mo):
    new = TEXT.replace("row-15", "row-16").replace("title: Row 14", "title: Row 16")
    newer = TEXT.replace("version: 1", "version: 4").replace("night ferry", "slow ferry")
    files = [("a.yaml", TEXT.encode()), ("b.yaml", new.encode()), ("c.yaml", newer.encode())]
    with pytest.raises(Refused) as refused:
        actions.import_cards([*files, ("d.yaml", b"\xff"), ("e.yaml", b"id: [")], mo)
    assert {"not_text", "not_yaml"} <= set(codes(refused)) and Prompt.objects.count() == 1
    assert actions.import_cards(files, mo) == {"same": 1, "new": 1, "newer": 1}
    assert [(p.slug, p.version) for p in reads.deck()] == [("row-15", 4), ("row-16", 1)]
    late = TEXT.replace("version: 1", "version: 2").replace("night ferry", "old ferry")
    actions.import_cards([("late.yaml", late.encode())], mo)
    assert Prompt.objects.get(slug="row-15", version=2).status == "retired"
    changed = TEXT.replace("night ferry", "other ferry")
    with pytest.raises(Refused) as refused:
        actions.import_cards([("a.yaml", changed.encode())], mo)
    assert codes(refused) == ["card_changed"]
    for wrong in ([], [("a.yaml", b"")] * 301):
        with pytest.raises(Refused):
            actions.import_cards(wrong, mo)


def test_a_version_the_house_wrote_stands_when_the_package_brings_its_own(tmp_path, card, mo):
    ours = actions.save_card(TEXT.replace("night ferry", "slow ferry"), mo, card)
    theirs = TEXT.replace("version: 1", "version: 2").replace("night ferry", "fast ferry")
    (tmp_path / "row-15.yaml").write_text(theirs, "utf-8")
    assert actions.load_deck(tmp_path) == [ours]
    ours.refresh_from_db()
    assert "slow ferry" in ours.body["premise"] and ours.status == "draft"
