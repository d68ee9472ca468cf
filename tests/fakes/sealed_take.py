"""A sealed take of two players with all it leaves in the store, and what of it still opens.

Fixtures: a test imports here, clock, take and played.
"""

from __future__ import annotations

import time

import pytest

from tests.fakes.browsers import close, pair, speech, upload
from tests.fakes.rooms import Room, make_room
from yesand.capture import actions
from yesand.infra import objects
from yesand.infra.stores import FolderStore
from yesand.post import actions as post
from yesand.post import derived as derived_files
from yesand.recording import keys
from yesand.recording.models import Recording
from yesand.stage import room
from yesand.stage.models import Take


@pytest.fixture
def here(home, settings) -> Room:
    settings.MIN_FREE_BYTES = 0
    return make_room()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [time.time()]
    monkeypatch.setattr(room, "stage_now", lambda: now[0])
    return now


@pytest.fixture
def take(here, clock) -> Take:
    return here.playing()


@pytest.fixture
def played(here, take, clock) -> Take:
    """A sealed take with what processing leaves, in which Ada's browser also recorded what she heard."""
    browsers = pair(here, take, 1.0)
    sound = speech(0.8, 16_000, seed=3)
    browsers["a"].record(sound, take.opened_at + 0.4, kind="heard", rate=16_000)
    upload(browsers)
    browsers["a"].send_camera()
    close(take, clock, 1.4)
    assert actions.seal_take(take.pk) is not None
    for role in "ab":
        name = f"{post.folder(take.pk)}/{role}.flac"
        objects.default().put(name, [b"sound"], keys.under_all(take.pk))
    derived_files.put_json(f"{post.folder(take.pk)}/peaks.json", {}, keys.under_all(take.pk))
    return Take.objects.get(pk=take.pk)


def own(take: Take, person) -> Recording:
    rows = Recording.objects.filter(about=take.pk, recorder=person).order_by("opened_at")
    return next(row for row in rows if row.subjects.count() == 1)


def raw() -> FolderStore:
    return objects.default().raw  # type: ignore[return-value]


def readable() -> set[str]:
    """Names below takes/ without the take's id, of every object that opens."""
    store, found = objects.default(), set()
    for name in store.names("takes/"):
        try:
            store.get(name)
        except objects.Missing:
            continue
        found.add(name.split("/", 2)[2])
    return found


A = {"a/mic.pcm", "a/cam.webm", "a/events.jsonl"}
B = {"b/mic.pcm", "b/events.jsonl"}


def derived(names: set[str]) -> set[str]:
    return {name for name in names if name.startswith("derived/")}
