"""Real doors in processes of their own; no database and no browser."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from yesand.cli.bench_door import DoorProcess, TusClient


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoorProcess]:
    """One door for a module's tests; every test uses streams of its own."""
    with DoorProcess(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def lone_door(tmp_path: Path) -> Iterator[DoorProcess]:
    """A door that a test starts and kills as it likes."""
    own = DoorProcess(tmp_path / "home")
    yield own
    own.stop()


@pytest.fixture
def client(door: DoorProcess) -> Iterator[TusClient]:
    """A client with the right to one new stream of at most 5,000,000 bytes."""
    speaking = door.client(uuid.uuid4(), max_bytes=5_000_000)
    yield speaking
    speaking.close()
