"""Two machines, one database, one store: each door has its spool, each spool its seal queue."""

from __future__ import annotations

import contextlib
import time
import uuid
from pathlib import Path

import pytest
from django.db import connection

from tests.fakes.browsers import Browser, close, speech
from tests.fakes.rooms import Room, make_room
from yesand.capture import actions, reads
from yesand.capture.models import Seal, Track
from yesand.capture.streams import received, spool
from yesand.flows import ticks
from yesand.infra import jobs, objects
from yesand.recording.models import Stream
from yesand.stage import room
from yesand.stage.models import Take

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(home, settings) -> Room:
    settings.MIN_FREE_BYTES = 0
    jobs.load()
    return make_room()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    return now


@pytest.fixture
def node(home: Path, settings):
    """Be one machine or the other: its name and its disk; database and store are everybody's."""

    @contextlib.contextmanager
    def be(name: str):
        before = settings.SPOOL_NODE, settings.HOME
        settings.SPOOL_NODE, settings.HOME = name, home / name
        try:
            yield
        finally:
            settings.SPOOL_NODE, settings.HOME = before

    secrets = home / "secrets"
    for name in ("near", "far"):
        (home / name).mkdir()
        if secrets.is_dir():
            (home / name / "secrets").symlink_to(secrets)
    return be


def queued() -> set[tuple[str, str]]:
    """(queue, job) of what waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue_name, task_name || ' ' || (args->>'stream') FROM procrastinate_jobs"
            " WHERE status = 'todo' AND task_name = 'seal_stream'"
        )
        return set(cursor.fetchall())


def recorded(take: Take, who, node, name: str) -> tuple[Browser, uuid.UUID]:
    """A whole take's sound and events at the door of one machine."""
    with node(name):
        browser = Browser(take, who)
        browser.ping(take.opened_at, 3)
        stream = browser.record(speech(2.0, 48_000, 1), take.opened_at + 0.1)
        browser.send_mics()
        browser.send_events()
    return browser, stream


def test_each_machine_seals_what_its_own_door_took(here, clock, node):
    take = here.playing()
    ada, near = recorded(take, here.ada, node, "near")
    noor, far = recorded(take, here.noor, node, "far")
    assert Stream.objects.get(pk=near).spool_node == "near"
    assert Stream.objects.get(pk=far).spool_node == "far"
    with node("near"):
        assert far not in reads.complete_in_spool("near")
        assert reads.complete_in_spool("far") == [], "its rows, and none of its bytes here"
        ticks.sweep_spool()
    with node("far"):
        ticks.sweep_spool()
    waiting = queued()
    assert ("spool-near", f"seal_stream {near}") in waiting
    assert ("spool-far", f"seal_stream {far}") in waiting
    assert {queue for queue, job in waiting if str(far) in job} == {"spool-far"}
    assert len(waiting) == 4  # a mic and the events of each

    with node("near"):
        untouched = actions.seal_stream(far)
        assert untouched.sealed_at is None, "not this machine's bytes: never sealed as lost"
        for stream in reads.complete_in_spool("near"):
            actions.seal_stream(stream)
        close(take, clock, 3)
        assert actions.seal_take(take.pk) is None, "the far half is not sealed yet"
    assert Track.objects.get(stream=near).state == "complete"
    with node("far"):
        for stream in reads.complete_in_spool("far"):
            actions.seal_stream(stream)
        assert spool().receipt(far).length == len(noor.mics[0][1])
        assert not spool().bytes_path(far).exists()
    with node("near"):
        assert spool().receipt(near).length == len(ada.mics[0][1])
        assert received(Stream.objects.get(pk=far)) == len(noor.mics[0][1])
        assert actions.seal_take(take.pk) is not None
    assert Seal.objects.filter(take=take).count() == 1
    for stream, browser in ((near, ada), (far, noor)):
        row = Stream.objects.get(pk=stream)
        assert row.state == "complete"
        assert row.length == len(browser.mics[0][1])


def test_a_row_that_knows_less_than_the_disk_is_mended_from_the_disk(here, clock, node):
    """The database came back from an older backup: receipts and store stand, the row learns."""
    take = here.playing()
    _browser, stream = recorded(take, here.ada, node, "near")
    with node("near"):
        sealed = actions.seal_stream(stream)
        receipt, kept = spool().receipt(stream), objects.default().get(sealed.object_key)
        Stream.objects.filter(pk=stream).update(
            sealed_at=None, state="recording", length=None, hash="", sha256="", object_key=""
        )
        assert not spool().bytes_path(stream).exists()
        assert stream in reads.complete_in_spool("near"), "the disk is asked, not the row"
        again = actions.seal_stream(stream)
        assert (again.state, again.length, again.hash) == ("complete", receipt.length, receipt.hash)
        assert (again.object_key, again.sha256) == (sealed.object_key, sealed.sha256)
        assert objects.default().get(again.object_key) == kept
        assert spool().receipt(stream) == receipt, "the disk is never mended from the row"
        assert reads.complete_in_spool("near") != [stream]


def test_a_row_that_knows_more_than_the_disk_changes_nothing_on_it(here, clock, node):
    """Rows of streams that this disk never had are waited for, not made up."""
    take = here.playing()
    with node("near"):
        browser = Browser(take, here.ada)
        stream = browser.grant("mic")
        before = sorted(path.name for path in spool().folder.iterdir())
        assert actions.seal_stream(stream).sealed_at is None
        assert received(Stream.objects.get(pk=stream)) == 0
        assert sorted(path.name for path in spool().folder.iterdir()) == before
