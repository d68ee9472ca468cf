"""Moments, the players' notes, the bench: blind, fair, paid by the second, and taken back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.fakes.played import Stage, make_stage
from yesand.consent import actions as consent
from yesand.infra import jobs
from yesand.kit.errors import Refused
from yesand.kit.money import Money
from yesand.labels import actions, reads, rules
from yesand.labels.access import may_hear
from yesand.labels.models import Assignment, Item, Label, Rating, SceneNote
from yesand.pay import actions as pay
from yesand.pay import reads as statements
from yesand.stage.models import Cue

pytestmark = pytest.mark.django_db
JOY = rules.read_answer("joy", 2)


@pytest.fixture
def stage(home) -> Stage:
    return make_stage("Bench")


@pytest.fixture
def clock(monkeypatch):
    """A clock the test moves: `clock.on(7)` lets seven seconds pass."""

    class Clock:
        # Noon of tomorrow: after every signature, and far from midnight, where a day ends.
        now = timezone.now().replace(hour=12, minute=0) + dt.timedelta(days=1)

        def on(self, seconds: float) -> None:
            self.now += dt.timedelta(seconds=seconds)

    made = Clock()
    monkeypatch.setattr("django.utils.timezone.now", lambda: made.now)
    return made


def label(item: Item, view: str) -> Label | None:
    return Label.objects.filter(item=item, view=view).first()


def test_moments_are_cues_first_and_intended_comes_from_the_cue(stage):
    take = stage.take(cues=(("a", 0.5), ("b", 3.0)))
    rows = [(i.start, i.target_role, i.rule) for i in Item.objects.order_by("start", "target_role")]
    assert rows == [
        (0.5, "a", "cue"),
        (0.5, "b", "beside_cue"),
        (3.0, "a", "beside_cue"),
        (3.0, "b", "cue"),
    ]
    views = {(lb.item.start, lb.item.target_role): lb.counts for lb in Label.objects.all()}
    assert views == {(0.5, "a"): {"joy": 1}, (3.0, "b"): {"affection": 1}}
    assert [i.pk for i in actions.make_items(take.pk)] and Item.objects.count() == 4
    assert [(start, len(items)) for start, _end, items in reads.moments_of(take)] == [
        (0.5, 2),
        (3.0, 2),
    ]


def test_an_empty_cue_and_an_uncued_take_have_no_intended_view(stage):
    take = stage.take(items=False)
    Cue.objects.filter(take=take, role="a").update(empty=True)
    Cue.objects.filter(take=take, role="b").update(displayed_at=None)
    actions.make_items(take.pk)
    assert Item.objects.filter(take=take).count() == 2 and not Label.objects.exists()
    plain = stage.take(cues=())
    assert {i.rule for i in Item.objects.filter(take=plain)} == {"end"}
    assert not Label.objects.exists()


def test_two_cues_at_one_instant_are_one_moment_cued_on_both_sides(stage):
    take = stage.take(cues=(("a", 1.0), ("b", 1.0)))
    rows = [(i.target_role, i.rule) for i in Item.objects.filter(take=take).order_by("target_role")]
    assert rows == [("a", "cue"), ("b", "cue")]
    assert label(Item.objects.get(take=take, target_role="b"), "intended").counts == {
        "affection": 1
    }


def test_a_void_or_open_take_is_not_asked_about(stage):
    take = stage.take(items=False)
    for state, closed in (("void", take.closed_at), ("open", None)):
        type(take).objects.filter(pk=take.pk).update(state=state, closed_at=closed)
        assert actions.make_items(take.pk) == []


def test_both_players_note_a_moment_and_the_views_never_merge(stage):
    ada, noor = stage.pair()
    take = stage.take((ada, noor))
    said = rules.read_answer("pride", 3, ["joy"])
    for person in (ada, noor):
        actions.note_moment(
            take, person,
            actions.MomentAnswer(0.5, own=said, partner=JOY, sure=False, felt="a_lot", order=1),
        )  # fmt: skip
    assert not Rating.objects.filter(view="own").exists(), "nobody granted it"
    a, b = Item.objects.filter(take=take, start=0.5).order_by("target_role")
    assert label(a, "character").counts == {"pride": 1} == label(b, "character").counts
    assert label(a, "partner").counts == {"joy": 1} == label(b, "partner").counts
    assert label(a, "intended").counts == {"joy": 1} and label(a, "observer") is None
    mine = Rating.objects.get(item=a, view="character")
    assert (mine.rater_id, mine.order, mine.secondary, mine.sure) == (ada.pk, 1, ["joy"], None)
    assert Rating.objects.get(item=b, view="partner").sure is False
    # again: the newest stands
    actions.note_moment(take, ada, actions.MomentAnswer(0.5, own=JOY))
    assert label(a, "character").counts == {"joy": 1}
    assert reads.noted(take, ada) == {0.5} and not reads.notes_done(take, ada)


def test_own_is_kept_under_its_grant_alone(stage):
    ada, noor = stage.pair()
    take = stage.take((ada, noor))
    consent.grant(ada, stage.program, "own")
    for person in (ada, noor):
        actions.note_moment(take, person, actions.MomentAnswer(0.5, felt="a_bit"))
    (row,) = Rating.objects.filter(view="own")
    assert (row.rater_id, row.felt, row.primary) == (ada.pk, "a_bit", "")
    assert not Label.objects.filter(view="own").exists()
    consent.withdraw(ada, stage.program, "own")
    actions.note_moment(take, ada, actions.MomentAnswer(0.5, felt="none"))
    assert [r.felt for r in Rating.objects.filter(view="own", undone_at=None)] == ["a_bit"]
    with pytest.raises(Refused):
        actions.note_moment(take, ada, actions.MomentAnswer(0.5, felt="very much"))


def test_notes_refuse_strangers_and_moments_that_are_not_there(stage):
    ada, noor = stage.pair()
    take = stage.take((ada, noor))
    for person, start, code in (
        (stage.performer(), 0.5, "not_yours"),
        (ada, 0.75, "no_such_moment"),
    ):
        with pytest.raises(Refused) as refusal:
            actions.note_moment(take, person, actions.MomentAnswer(start, own=JOY))
        assert refusal.value.code == code
    with pytest.raises(Refused) as refusal:
        actions.note_moment(take, ada, actions.MomentAnswer(0.5, own=rules.read_answer("joy", "")))
    assert refusal.value.problems[0].where == "character: intensity"
    with pytest.raises(Refused) as refusal:
        actions.note_scene(take, ada, {"fun": 6})
    assert refusal.value.problems[0].where == "fun"
    actions.note_scene(take, ada, {"fun": 5, "self_valence": 7, "human": None}, " the name ")
    actions.note_scene(take, ada, {"fun": 4})
    note = SceneNote.objects.get()
    assert (note.fun, note.self_valence, note.role) == (4, 7, "a")


def test_the_next_item_is_blind_and_fair(stage):
    ada, noor = stage.pair()
    kept = stage.take((ada, noor))
    for choices in (("keep", ""), ("keep", "hold"), ("strike", "keep")):
        stage.take(choices=choices)
    gone = stage.pair()
    withdrawn = stage.take(gone)
    consent.withdraw(gone[0], stage.program, take=withdrawn.pk)
    rater = stage.rater()
    assert reads.waiting(rater, stage.program) == 4
    first = actions.next_item(rater, stage.program)
    assert actions.next_item(rater, stage.program) == first, "left open, it is given again"
    assert may_hear(rater, first) and not may_hear(ada, first)
    actions.rate(first, rater, JOY)
    # a second rater begins with what has votes, so that items finish
    assert actions.next_item(stage.rater(), stage.program) == first
    heard = {first.pk}
    while item := actions.next_item(rater, stage.program):
        assert item.take_id == kept.pk and item.pk not in heard
        heard.add(item.pk)
        actions.rate(item, rater, JOY)
    assert len(heard) == 4
    # nobody rates a take they played in, and one item is in one queue of a rater
    from yesand.people import actions as people

    people.join(stage.program, ada, "rater")
    assert actions.next_item(ada, stage.program) is None
    assert actions.next_item(rater, stage.program, "feel") is None


def test_a_moment_that_became_private_is_heard_by_nobody(stage):
    ada, noor = stage.pair()
    take = stage.take((ada, noor))
    rater = stage.rater()
    item = actions.next_item(rater, stage.program)
    assert item.start == 0.5
    consent.mark_private(noor, stage.program, take.pk, [[0.6, 0.9]])
    assert not may_hear(rater, item)
    assert actions.next_item(rater, stage.program).start == 3.0
    assert reads.waiting(rater, stage.program) == 2


def test_rating_pays_honest_seconds_and_rounds_once(stage, clock):
    stage.take()
    rater = stage.rater()
    first = actions.next_item(rater, stage.program)
    clock.on(20)
    actions.rate(first, rater, JOY, plays=2)
    second = actions.next_item(rater, stage.program)
    clock.on(7200)
    actions.skip(second, rater, "broken", plays=1)
    length = second.end - second.start
    seconds = 20 + rules.honest_seconds(7200, length, 1)
    assert reads.worked_today(rater, stage.program) == (seconds, 2)
    day, worked = reads.rating_minutes(rater, stage.program, clock.now.date())
    assert worked == seconds
    assert not Rating.objects.filter(item=second).exists() and label(second, "observer") is None
    booked = pay.settle("rating", day)
    assert sum(t.amount_minor for t in booked) == round(2000 * seconds / 3600)
    assert pay.settle("rating", day) == []
    third = actions.next_item(rater, stage.program)
    clock.on(30)
    actions.rate(third, rater, JOY)
    pay.settle("rating", day)
    lines = statements.statement(rater)
    assert [line.seconds for line in lines] == [30, seconds], "each line shows its own seconds"
    total = sum(line.amount.minor for line in lines)
    assert total == round(2000 * (seconds + 30) / 3600)
    assert statements.residual(stage.program) == 0
    assert {line.rule for line in lines} == {"honest_time"}


def test_the_job_settles_a_rating_day(stage):
    stage.take()
    rater = stage.rater()
    with jobs.in_memory() as queue:
        actions.rate(actions.next_item(rater, stage.program), rater, JOY)
        ran = queue.run(timezone.now() + dt.timedelta(minutes=6))
    assert "settle_rating_day" in ran
    assert [m for m in statements.earned(rater)] == [Money(1, "USD")]


def test_an_answer_can_be_taken_back_for_ten_seconds(stage, clock):
    stage.take()
    rater = stage.rater()
    item = actions.next_item(rater, stage.program)
    clock.on(5)
    actions.rate(item, rater, JOY)
    assert label(item, "observer").n == 1
    following = actions.next_item(rater, stage.program)
    clock.on(9)
    assert actions.undo(rater, stage.program) == item
    assert label(item, "observer") is None
    assert not Assignment.objects.filter(item=following).exists()
    assert actions.next_item(rater, stage.program) == item
    clock.on(4)
    actions.rate(item, rater, rules.read_answer("sadness", 1))
    assert label(item, "observer").counts == {"sadness": 1}
    assert reads.worked_today(rater, stage.program)[0] == 5 + 13, "no second is lost"
    clock.on(11)
    with pytest.raises(Refused) as refusal:
        actions.undo(rater, stage.program)
    assert refusal.value.code == "nothing_to_undo"
    with pytest.raises(Refused):
        actions.undo(stage.rater(), stage.program)


def test_an_item_closes_at_five_that_agree_or_nine_that_do_not(stage):
    stage.take(cues=(("a", 0.5),))
    agreed, split = Item.objects.order_by("target_role")
    split_words = [
        "joy",
        "anger",
        "fear",
        "pride",
        "relief",
        "disgust",
        "sadness",
        "joy",
        "neutral",
    ]
    for number in range(9):
        rater = stage.rater()
        while item := actions.next_item(rater, stage.program):
            word = "joy" if item == agreed else split_words[number]
            actions.rate(item, rater, rules.read_answer(word, None if word == "neutral" else 2))
        agreed.refresh_from_db()
        split.refresh_from_db()
        assert (agreed.closed_at is not None) == (number >= 4)
        assert (split.closed_at is not None) == (number >= 8)
    assert label(agreed, "observer").n == 5 and label(split, "observer").n == 9
    assert actions.next_item(stage.rater(), stage.program) is None
    actions.undo(rater, stage.program)
    split.refresh_from_db()
    assert split.closed_at is None, "opened again with its ninth vote gone"
