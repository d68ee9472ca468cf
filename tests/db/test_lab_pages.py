"""The lab's desk and its API: one program, one token, and every withdrawal as far as the lab."""

from __future__ import annotations

import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

import yesand
from tests.fakes.played import Stage, make_stage
from yesand.commission.schema import read_order
from yesand.consent import actions as consent
from yesand.evaluation.models import BenchmarkRun, Shortfall
from yesand.infra import jobs
from yesand.people.models import Membership
from yesand.release import actions, reads
from yesand.release.models import Confirmation, Pull, PullToken, Release, TrainedModel
from yesand.release.pulling import add_to_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(home) -> Stage:
    return make_stage("Light Lab")


@pytest.fixture
def queue():
    with jobs.in_memory() as memory:
        yield memory


def published(stage: Stage) -> Release:
    return actions.publish(actions.build(stage.program, "recognition_training", name="light"))


def desk(client: Client, stage: Stage) -> str:
    client.force_login(stage.engineer())
    return f"/lab/{stage.program.slug}"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_desk_before_and_after_the_first_release(stage, client):
    place = desk(client, stage)
    page = client.get(place).text
    assert "no release yet" in page and "yesand sample DIR" in page and "yesand pull" not in page
    stage.take()
    release = published(stage)
    page = client.get(place).text
    assert "light 1 is ready" in page and "yesand pull light-1" in page and "/wheel/yesand-" in page
    page = client.get(f"{place}/releases/{release.pk}").text
    assert release.release_sha256 in page and "DATASHEET.md" in page
    for paper in ("DATASHEET.md", "dictionary.json", "LICENSE"):
        answer = client.get(f"{place}/releases/{release.pk}/files/{paper}")
        assert answer.status_code == 200 and answer.content
    for paper in ("takes.parquet", "../feed.jsonl", "shards/train-audio-000000.tar", "none.txt"):
        assert client.get(f"{place}/releases/{release.pk}/files/{paper}").status_code == 404
    assert client.get(f"{place}/releases/{uuid.uuid4()}").status_code == 404
    for outsider in (stage.performer(), stage.rater(), make_stage("Other").engineer()):
        client.force_login(outsider)
        for path in (place, f"{place}/releases/{release.pk}"):
            assert client.get(path).status_code == 404
    built = actions.build(stage.program, "recognition_training", name="light")
    assert client.get(f"{place}/releases/{built.pk}").status_code == 404


def test_a_token_is_shown_once_and_stored_as_a_hash(stage, client):
    place = desk(client, stage)
    stage.take()
    published(stage)
    page = client.post(place, {"do": "token"}).text
    secret = page.split("--token ")[1].split("\n")[0].strip()
    assert secret.startswith("ya_") and "Shown once" in page
    assert secret not in client.get(place).text
    row = PullToken.objects.get()
    assert secret not in str(vars(row)) and reads.holder(secret) == row
    assert reads.holder(secret[:-1]) is None
    # who leaves the program takes no release along
    Membership.objects.filter(person=row.engineer).update(left_at=timezone.now())
    assert reads.holder(secret) is None
    assert client.get("/api/lab/releases", headers=bearer(secret)).status_code == 401


def test_the_api_gives_one_programs_releases_to_its_token_alone(stage, client, tmp_path):
    take = stage.take()
    release, engineer = published(stage), stage.engineer()
    built = actions.build(stage.program, "recognition_training", name="light")
    good = bearer(actions.give_token(stage.program, engineer))
    other = make_stage("Other")
    wrong = bearer(actions.give_token(other.program, other.engineer()))
    files = f"/api/lab/releases/{release.pk}/files"
    for path in ("/api/lab/releases", "/api/lab/feed", f"{files}/release.json"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=bearer("ya_no")).status_code == 401
    (row,) = client.get("/api/lab/releases", headers=good).json()
    assert (row["name"], row["version"], row["takes"], row["withdrawn"]) == ("light", "1", 1, 0)
    assert client.get("/api/lab/releases", headers=wrong).json() == []
    assert client.get(f"{files}/release.json", headers=wrong).status_code == 404
    hidden = f"/api/lab/releases/{built.pk}/files/release.json"
    assert client.get(hidden, headers=good).status_code == 404
    for path in (
        "../feed.jsonl", "..%2f..%2fsecrets/django", "%2e%2e/%2e%2e/secrets/release_signing",
        "/etc/passwd", "shards", "shards/../../light-2/release.json", "nothing.parquet",
    ):  # fmt: skip
        assert client.get(f"{files}/{path}", headers=good).status_code == 404, path
    assert not Pull.objects.exists()
    info = json.loads(body_of(client.get(f"{files}/release.json", headers=good)))
    assert Pull.objects.get().engineer == engineer
    for line in [*(f["path"] for f in info["files"]), "release.json", "release.sig",
                 "revocations.jsonl"]:  # fmt: skip
        into = tmp_path / "light-1" / line
        into.parent.mkdir(parents=True, exist_ok=True)
        answer = client.get(f"{files}/{line}", headers=good)
        assert answer.status_code == 200, line
        into.write_bytes(body_of(answer))
    assert [d.take_id for d in yesand.open(tmp_path / "light-1")] == [str(take.pk)]


def test_a_notice_reaches_who_pulled_and_is_confirmed_once(stage, client, queue, tmp_path):
    pair = stage.pair()
    take = stage.take(pair)
    stage.take()
    old, engineer, idle = published(stage), stage.engineer(), stage.engineer()
    good = bearer(actions.give_token(stage.program, engineer))
    files = f"/api/lab/releases/{old.pk}/files"
    client.get(f"{files}/release.json", headers=good)
    consent.withdraw(pair[0], stage.program, take=take.pk)
    queue.run()
    rows = client.get("/api/lab/releases", headers=good).json()
    assert [(r["version"], r["state"], r["withdrawn"]) for r in rows] == [
        ("2", "published", 0),
        ("1", "superseded", 1),
    ]
    shards = [p.name for p in (actions.folder_of(old) / "shards").iterdir()]
    for path in (f"shards/{shards[0]}", "takes.parquet"):
        assert client.get(f"{files}/{path}", headers=good).status_code == 410
    assert client.get(f"{files}/revocations.jsonl", headers=good).status_code == 200
    feed = client.get("/api/lab/feed", headers=good).content
    assert str(take.pk).encode() in feed
    assert str(take.pk) in add_to_release(actions.folder_of(old), feed, "feed").takes

    place = f"/lab/{stage.program.slug}"
    client.force_login(engineer)
    page = client.get(place).text
    assert "1 notice to confirm" in page and str(take.pk) in page and "light 2 is ready" in page
    (notice,) = reads.unconfirmed(stage.program, engineer)
    for number in ("", "x", "0", "99999999999999999999", str(notice.pk + 1)):
        assert client.post(place, {"do": "confirm", "number": number}).status_code == 404
    for _ in range(2):
        client.post(place, {"do": "confirm", "number": str(notice.pk)})
    assert Confirmation.objects.count() == 1
    assert "notice to confirm" not in client.get(place).text
    client.force_login(idle)
    assert "notice to confirm" not in client.get(place).text, "never pulled it"


def test_a_trained_model_is_registered_by_name(stage, client):
    take = stage.take()
    release = published(stage)
    place = desk(client, stage)
    for fields in ({}, {"release": "x"}, {"release": str(uuid.uuid4())}):
        assert client.post(place, {"do": "model", "name": "m", **fields}).status_code == 404
        assert client.post(place, {"do": "evaluate", **fields}).status_code == 404
    fields = {"do": "model", "release": str(release.pk)}
    assert "Name the model." in client.post(place, {**fields, "name": " "}, follow=True).text
    page = client.post(place, {**fields, "name": "listener-small"}, follow=True).text
    assert "listener-small" in page
    assert [m.name for m in reads.models_trained(take.pk)] == ["listener-small"]
    assert TrainedModel.objects.count() == 1


def test_too_little_is_said_instead_of_scored_and_drafts_the_next_order(stage, client, queue):
    stage.take()
    for _ in range(2):
        stage.rate_all(stage.rater())
    release = published(stage)
    place = desk(client, stage)
    answer = client.post(place, {"do": "evaluate", "release": str(release.pk)})
    run = BenchmarkRun.objects.get()
    assert answer.url == f"{place}/evaluation/{run.pk}"
    assert "Being scored" in client.get(answer.url).text
    early = client.post(answer.url)
    assert early.status_code == 200 and not Shortfall.objects.exists()
    assert "run_evaluation" in queue.run()
    run.refresh_from_db()
    assert run.state == "too_little", run.scores
    page = client.get(answer.url).text
    assert "There is too little to score" in page and "Mean recall" not in page
    drafted = client.post(answer.url)
    text = client.get(drafted.url)
    assert text["Content-Type"].startswith("text/yaml") and ".yaml" in text["Content-Disposition"]
    order = read_order(text.text, "shortfall.yaml")
    assert order.use == "train" and order.cells
    for person in (stage.performer(), make_stage("Other").engineer()):
        client.force_login(person)
        for path in (answer.url, drafted.url):
            assert client.get(path).status_code == 404


def test_the_producer_builds_and_publishes_from_the_page(stage, client, queue):
    stage.take()
    stage.take(choices=("keep", ""))
    place = f"/producer/{stage.program.slug}/releases"
    client.force_login(stage.producer)
    page = client.get(place).text
    assert "1 take could go in now" in page and "1 not yet kept by both" in page
    fields = {"do": "build", "name": "light", "purpose": "recognition_training", "use": "train"}
    for wrong, says in (
        ({"name": "Light_Voices"}, "Use small letters"),
        ({"name": "a b"}, "valid"),
        ({"purpose": "likeness_replica"}, "Select a valid choice"),
        ({"use": "evaluation"}, "goes with the purpose"),
    ):
        answer = client.post(place, {**fields, **wrong})
        assert answer.status_code == 200 and says in answer.text, wrong
    assert not Release.objects.exists()
    assert 'http-equiv="refresh"' in client.post(place, fields, follow=True).text
    assert "build_release" in queue.run()
    release = Release.objects.get()
    assert release.state == "built"
    for key in ("", "x", str(uuid.uuid4())):
        assert client.post(place, {"do": "publish", "release": key}).status_code == 404
    page = client.post(place, {"do": "publish", "release": str(release.pk)}, follow=True).text
    assert "Published: light 1." in page
    client.force_login(stage.engineer())
    assert client.post(place, {"do": "publish"}).status_code == 404
