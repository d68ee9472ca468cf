"""A release from rows to bytes: what enters, what stays out, and what it says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

import yesand
from tests.fakes.played import SECONDS, Stage, make_stage, process
from yesand.commission import actions as commission
from yesand.commission.models import Fill
from yesand.consent import actions as consent
from yesand.formats.parquet import read_table
from yesand.formats.release_tables import BY_NAME
from yesand.infra import jobs
from yesand.kit.errors import Refused
from yesand.labels import actions as labels
from yesand.labels import rules
from yesand.people.models import Person
from yesand.post.models import Processing
from yesand.recording.models import Access
from yesand.release import actions, reads, tracks
from yesand.release.models import Release
from yesand.release.selection import REASONS

pytestmark = pytest.mark.django_db
RATE = 48_000


@pytest.fixture
def stage(home) -> Stage:
    return make_stage()


@pytest.fixture
def queue():
    with jobs.in_memory() as memory:
        yield memory


def build(stage: Stage, purpose: str = "recognition_training", **more) -> Release:
    return actions.build(stage.program, purpose, name="light", **more)


def published(stage: Stage, **more) -> Release:
    return actions.publish(build(stage, **more))


def table(release: Release, name: str) -> list[dict]:
    path = actions.folder_of(release) / f"{name}.parquet"
    return read_table(path, BY_NAME[name].schema).to_pylist()


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_take_both_kept_becomes_a_release_that_opens(stage):
    consent.grant((ada := stage.performer("Ada")), stage.program, "own")
    pair = (ada, stage.performer("Noor"))
    take = stage.take(pair)
    for person, role in zip(pair, "ab", strict=True):
        answer = actions_answer(role)
        labels.note_moment(take, person, answer)
    for _ in range(2):
        stage.rate_all(stage.rater())
    stage.take(choices=("keep", "hold"))
    stage.take(choices=("keep", ""))
    release = published(stage)
    assert Fill.objects.filter(take=take.pk).values_list("state", flat=True)[0] == "released"
    assert Access.objects.filter(reason="release").count() == 2

    opened = yesand.open(actions.folder_of(release))
    (dyad,) = list(opened)
    assert dyad.take_id == str(take.pk)
    assert len(dyad.a.samples) == len(dyad.b.samples) == SECONDS * RATE
    assert not dyad.a.samples[: RATE // 10].any() and dyad.a.samples.any()
    assert [(c["role"], c["displayed_at"], c["aim_emotion"]) for c in dyad.cues] == [
        ("a", 0.5, "joy"),
        ("b", 3.0, "affection"),
    ]
    assert [(t["role"], t["start"]) for t in dyad.turns] == [("a", 0.3), ("b", 3.0)]

    # four views, each with its own rows
    (asked,) = [r for r in dyad.labels("intended") if r["target_role"] == "a"]
    assert asked["distribution"]["joy"] == 1.0
    (own,) = [r for r in dyad.labels("character") if r["target_role"] == "a"]
    assert own["distribution"]["pride"] == 1.0
    assert len(dyad.labels("partner")) == 2 and len(dyad.labels("observer")) == 4
    assert {r["n"] for r in dyad.labels("observer")} == {2}
    assert dyad.labels("own") == []
    views = [r["view"] for r in table(release, "ratings")]
    assert sorted(set(views)) == ["character", "observer", "partner"]
    assert take.pk in set(
        labels.Rating.objects.filter(view="own").values_list("item__take", flat=True)
    )
    raters = {r["rater_id"] for r in table(release, "ratings")}
    known = {p.pseudonym for p in (*pair, *stage.raters)}
    assert raters == known, "pseudonyms alone"
    said = b"".join(v for k, v in files(actions.folder_of(release)).items() if "shards" not in k)
    for person in Person.objects.all():
        assert person.email.encode() not in said

    rows = table(release, "consent")
    assert [(r["role"], r["purposes"]) for r in rows] == [
        (role, ["recognition_training", "evaluation_only"]) for role in "ab"
    ]
    assert all(r["expires"] and len(r["terms_sha256"]) == 64 for r in rows)
    assert {r["reason"]: r["takes"] for r in table(release, "left_out")} == {
        "held": 1,
        "not_kept": 1,
    }
    (row,) = table(release, "takes")
    assert (row["index"], row["familiarity"], row["n_cues"], row["split"]) == (1, 0, 2, "train")
    assert (row["source_rate_a"], row["processing_off_a"], row["snr_a"]) == (48000, True, 41.0)
    assert (row["align_offset_ms"], row["leak_ab_db"], row["observers_n"]) == (12.0, -60.0, 2)


def actions_answer(role: str) -> labels.MomentAnswer:
    """What a player of a role says about the first moment."""
    return labels.MomentAnswer(
        start=0.5,
        own=rules.read_answer("pride", 3),
        partner=rules.read_answer("joy", 1),
        sure=True,
        felt="a_bit" if role == "a" else "",
    )


def test_a_rebuild_of_a_version_gives_the_same_bytes(stage, monkeypatch):
    take = stage.take(seed=8)
    stage.rate_all(stage.rater())
    stage.take((p := stage.pair()), cues=())
    stage.take(p, seed=8)
    release = build(stage)
    before = files(actions.folder_of(release))
    Release.objects.filter(pk=release.pk).update(state="building")
    tomorrow = timezone.now() + dt.timedelta(days=1)
    monkeypatch.setattr(actions.timezone, "now", lambda: tomorrow)
    actions.write(release.pk)
    after = files(actions.folder_of(release))
    assert sorted(before) == sorted(after)
    assert [name for name in before if before[name] != after[name]] == []
    assert {r["index"] for r in table(release, "takes")} == {1}
    assert str(take.pk) in {r["take_id"] for r in table(release, "takes")}


def test_private_spans_are_silent_on_both_sides_and_never_taken_over(stage):
    pair = stage.pair()
    take = stage.take(pair, cues=(("a", 0.5), ("b", 3.2)))
    stage.rate_all(stage.rater())
    first = published(stage)
    assert len(table(first, "items")) == 4
    consent.mark_private(pair[0], stage.program, take.pk, [[3.0, 4.0]])
    second = published(stage)
    (dyad,) = list(yesand.open(actions.folder_of(second)))
    for track in (dyad.a, dyad.b):
        assert not track.samples[3 * RATE : 4 * RATE].any()
        assert any(g.start == 3.0 and g.end == 4.0 for g in track.gaps)
        assert track.samples[: 3 * RATE].any() and track.samples[4 * RATE :].any()
    before = next(iter(yesand.open(actions.folder_of(first))))
    assert np.array_equal(dyad.a.samples[: 3 * RATE], before.a.samples[: 3 * RATE])
    assert {i["start"] for i in table(second, "items")} == {0.5}, "nothing to judge in the silence"
    assert {t["role"] for t in table(second, "turns")} == {"a"}
    assert {r["item_id"] for r in table(second, "ratings")} <= {
        i["item_id"] for i in table(second, "items")
    }
    # put back, it is heard again
    consent.mark_private(pair[0], stage.program, take.pk, [])
    third = published(stage)
    again = next(iter(yesand.open(actions.folder_of(third))))
    assert np.array_equal(again.b.samples, before.b.samples)


def test_every_reason_keeps_its_own_take_out(stage):
    stage.take()
    stage.take(choices=("keep", "strike"))
    stage.take(choices=("hold", "keep"))
    stage.take(choices=("keep", ""))
    stage.take(stage.pair(purposes=("evaluation_only",)))
    stage.take(sealed=False)
    stage.take(processed=False)
    stage.take(accepted=False)
    stage.take((stage.performer(), stage.performer(kind="robot")))
    stage.take(
        (stage.performer(), stage.performer(purposes=("recognition_training",))), use="evaluation"
    )
    gone = stage.pair()
    take = stage.take(gone)
    consent.withdraw(gone[1], stage.program, take=take.pk)
    found = reads.dry_run(stage.program, "recognition_training")
    assert {code: n for code, (n, _hours) in found.left_out.items()} == {
        "struck": 1,
        "withdrawn": 1,
        "held": 1,
        "not_kept": 1,
        "without_purpose": 1,
        "not_sealed": 1,
        "not_processed": 1,
        "not_accepted": 1,
        "robots": 1,
        "other_use": 1,
    }
    assert len(found.takes) == 1
    release = build(stage)
    assert {r["reason"]: r["takes"] for r in table(release, "left_out")} == {
        code: n for code, (n, _h) in found.left_out.items()
    }
    sheet = (actions.folder_of(release) / "DATASHEET.md").read_text()
    assert all(REASONS[code] in sheet for code in found.left_out)


def test_an_evaluation_order_can_only_be_tested_on(stage):
    take = stage.take(use="evaluation")
    with pytest.raises(Refused) as refusal:
        build(stage)
    assert refusal.value.code == "empty_release"
    assert "ordered for another use" not in refusal.value.code
    assert Release.objects.get().state == "failed"
    for purpose, use in (("recognition_training", "evaluation"), ("evaluation_only", "train")):
        with pytest.raises(Refused) as refusal:
            build(stage, purpose=purpose, use=use)
        assert refusal.value.code == "use_purpose"
    made = published(stage, purpose="evaluation_only", use="evaluation")
    assert [r["take_id"] for r in table(made, "takes")] == [str(take.pk)]
    assert {r["use"] for r in table(made, "takes")} == {"evaluation"}


def test_robots_and_humans_never_mix(stage):
    robots = stage.pair(kind="robot")
    alone = stage.take(robots)
    stage.take()
    stage.take((stage.performer(), stage.performer(kind="robot")))
    release = build(stage, robots=True)
    assert [r["take_id"] for r in table(release, "takes")] == [str(alone.pk)]
    assert {r["reason"]: r["takes"] for r in table(release, "left_out")} == {"humans": 2}
    sheet = (actions.folder_of(release) / "DATASHEET.md").read_text()
    assert sheet.startswith("No human is in this release.")
    people = build(stage)
    assert table(people, "left_out")[0]["reason"] == "robots"
    kinds = {r[f"player_kind_{role}"] for r in table(people, "takes") for role in "ab"}
    assert kinds == {"human"}


def test_a_take_with_a_model_is_refused_and_counted(stage):
    stage.take((stage.performer(), stage.performer(kind="model")))
    stage.take(stage.pair(kind="model"))
    with pytest.raises(Refused) as refusal:
        build(stage)
    assert refusal.value.code == "empty_release"
    assert "2 robots" in str(refusal.value)


def test_a_name_that_no_folder_can_have_is_refused_before_a_draft(stage):
    stage.take()
    for name in ("Light Voices", "light_voices", "-x", "x" * 61, "../x"):
        with pytest.raises(Refused) as refusal:
            actions.draft(stage.program, "recognition_training", "train", name)
        assert refusal.value.problems[0].where == "name"
    assert Release.objects.count() == 0


def test_a_take_processed_again_is_read_from_its_newest_run(stage):
    take = stage.take()
    Processing.objects.filter(take=take).delete()
    process(take, seed=9)
    (dyad,) = list(yesand.open(actions.folder_of(build(stage))))
    assert np.array_equal(dyad.a.integers, tracks.media_of(take).a)


def test_a_rejected_take_stays_out_even_when_both_kept_it(stage):
    take = stage.take(accepted=False)
    commission.reject(take.pk, stage.order("train"), stage.producer, "The door bell rang.")
    assert reads.dry_run(stage.program, "recognition_training").left_out["not_accepted"][0] == 1
