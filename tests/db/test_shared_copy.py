"""A copy of both sides: only when both say so, without what either keeps out, and signed."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.test import Client

from tests.fakes.played import Stage, make_stage, voices
from yesand.consent import actions as consent
from yesand.consent import reads
from yesand.consent.models import CopyShare
from yesand.formats import performance
from yesand.kit.errors import Refused
from yesand.people.models import Person
from yesand.recording.models import Access
from yesand.release import signer
from yesand.stage.models import Pause, Take

pytestmark = pytest.mark.django_db
RATE = 48_000


@pytest.fixture
def stage(home) -> Stage:
    return make_stage()


@pytest.fixture
def take(stage) -> Take:
    return stage.take((stage.performer("Ada"), stage.performer("Noor")), seconds=12.0)


def player(take: Take, role: str) -> Person:
    return take.scene.session.places.get(role=role).person


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def tick(take: Take, role: str, on: bool = True):
    said = {"on": "1" if on else "0"}
    return client_of(player(take, role)).post(f"/me/takes/{take.pk}/share", said)


def download(take: Take, person: Person):
    return client_of(person).get(f"/me/takes/{take.pk}/shared.zip")


def test_one_yes_is_not_two(stage, take):
    page = f"/me/takes/{take.pk}"
    assert "Noor may keep a copy" in client_of(player(take, "a")).get(page).text
    tick(take, "a")
    for role in "ab":
        assert download(take, player(take, role)).status_code == 404
        assert "Download both sides" not in client_of(player(take, role)).get(page).text
    assert "once Noor says the same" in client_of(player(take, "a")).get(page).text
    tick(take, "b")
    for role in "ab":
        assert "Download both sides" in client_of(player(take, role)).get(page).text
        assert download(take, player(take, role)).status_code == 200
    for who in (stage.producer, stage.performer()):
        assert download(take, who).status_code == 404
    assert Access.objects.filter(reason="own_copy").count() == 4, "both recordings, twice"


def test_the_copy_holds_both_sides_and_a_note_that_checks(stage, take, tmp_path: Path):
    a, b = player(take, "a"), player(take, "b")
    consent.mark_private(a, stage.program, take.pk, [[2.0, 3.0]])
    consent.mark_private(b, stage.program, take.pk, [[8.0, 8.5]])
    Pause.objects.create(
        take=take, started_at=take.opened_at + 5, ended_at=take.opened_at + 5.5, kind="pause"
    )
    tick(take, "a"), tick(take, "b")
    answer = download(take, a)
    name = answer["Content-Disposition"].split('"')[1]
    path = tmp_path / name
    path.write_bytes(answer.content)
    found = performance.check(path, signer.key().public)
    assert found.says["says"] == "Performed by two humans: Ada and Noor."
    assert found.says["players"]["b"] == {
        "alias": "Noor", "pseudonym": b.pseudonym, "kind": "human",
    }  # fmt: skip
    assert found.says["take"] == str(take.pk) and len(found.says["date"]) == 10
    with zipfile.ZipFile(path) as packed:
        sound, _rate = soundfile.read(io.BytesIO(packed.read(found.says["sound"]["name"])),
                                      dtype="int32")  # fmt: skip
        text = "".join(packed.read(x).decode() for x in packed.namelist() if x[-4:] == ".txt")
    for secret in (a.email, b.email, "Example"):
        assert secret not in text
    sound >>= 8
    for start, end in ((2.0, 3.0), (8.0, 8.5), (4.0, 6.5)):
        assert not sound[round(start * RATE) : round(end * RATE)].any(), (start, end)
    whole = voices(7, 12.0)
    for side, role in enumerate("ab"):
        assert np.array_equal(sound[: 2 * RATE, side], whole[role][: 2 * RATE])
        assert np.array_equal(sound[9 * RATE :, side], whole[role][9 * RATE : len(sound)])


def test_it_can_be_taken_back_until_the_other_has_it(stage, take):
    tick(take, "a"), tick(take, "b"), tick(take, "a", on=False)
    assert download(take, player(take, "b")).status_code == 404
    tick(take, "a")
    assert CopyShare.objects.filter(person=player(take, "a")).count() == 2, "every yes is kept"
    assert download(take, player(take, "b")).status_code == 200
    answer = tick(take, "a", on=False)
    assert answer.status_code == 302
    assert (take.pk, player(take, "a").pk) in reads.shares_of([take.pk])
    with pytest.raises(Refused) as refusal:
        consent.unshare_copy(player(take, "a"), stage.program, take.pk)
    assert refusal.value.code == "copy_taken"
    # a has not downloaded b's side yet
    consent.unshare_copy(player(take, "b"), stage.program, take.pk)
    assert download(take, player(take, "b")).status_code == 404


@pytest.mark.parametrize("how", ["strike", "withdraw"])
@pytest.mark.parametrize("role", ["a", "b"])
def test_what_either_takes_back_is_nobodys_to_download(stage, take, how, role):
    tick(take, "a"), tick(take, "b")
    if how == "strike":
        consent.choose(player(take, role), stage.program, take.pk, "strike")
    else:
        consent.withdraw(player(take, role), stage.program, take=take.pk)
    for who in "ab":
        assert download(take, player(take, who)).status_code == 404


def test_a_robot_needs_no_tick_and_the_note_says_robot(stage, tmp_path):
    pair = stage.performer("Ada"), stage.performer("Bo", kind="robot")
    take = stage.take(pair)
    tick(take, "a")
    path = tmp_path / "copy.zip"
    path.write_bytes(download(take, pair[0]).content)
    assert performance.check(path).says["says"] == "Performed by a human and a robot: Ada and Bo."


def test_a_yes_gives_no_purpose_and_the_take_stays_out_of_releases(stage):
    take = stage.take(choices=("keep", ""))
    tick(take, "a"), tick(take, "b")
    assert reads.choice_of(player(take, "b"), take.pk) is None
    assert not reads.kept_by_all(take.pk, [player(take, "a"), player(take, "b")])
    kinds = {
        json.dumps(g.purpose) for g in reads.signatures(player(take, "b"), stage.program).grants
    }
    assert not any("copy" in kind for kind in kinds)
