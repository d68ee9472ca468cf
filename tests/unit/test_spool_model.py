"""The spool against a model, through kills, power cuts, full and failing disks.

The model knows what the sender sends (a fixed endless byte string) and how much was acknowledged.
Whatever happens: the file is a prefix of what was sent, at least as long as what was acknowledged,
and what was told was synced before.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import uuid
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from yesand.kit.errors import Refused
from yesand.recording.spool import Spool
from yesand.recording.spool_files import WrongOffset
from yesand.recording.tokens import Capability

STREAM = uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
RIGHT = Capability(STREAM, STREAM, "mic", 5_000, 2_000)
SENT = bytes((i * 31 + i // 256) % 256 for i in range(10_000))
HASH = "a" * 64
POINTS = (
    "create.after_bytes",
    "append.before_write",
    "append.mid_write",
    "append.after_write",
    "append.after_sync",
    "record.before_rename",
    "record.after_rename",
)


class Killed(BaseException):
    """The process ends here; nothing after this line runs."""


class SpoolModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp()) / "spool"
        self.created = False
        self.acknowledged = 0  # bytes of a success or of a told offset
        self.declared: int | None = None
        self.suspect = False
        self.start()

    def start(self) -> None:
        """A fresh process on the same folder."""
        self.kill_at = ""
        self.room: int | None = None
        self.sync_fails = False
        self.spool = Spool(self.folder, write=self.write, sync=self.sync, at=self.at)

    def teardown(self) -> None:
        shutil.rmtree(self.folder.parent)

    # The disk

    def at(self, point: str) -> None:
        if point == self.kill_at:
            raise Killed

    def write(self, handle: int, data) -> int:
        if self.kill_at == "append.mid_write":
            os.write(handle, data[: len(data) // 2])
            raise Killed
        if self.room is not None:
            data = data[: self.room]
            self.room -= len(data)
            if not data:
                raise OSError(errno.ENOSPC, "full")
        return os.write(handle, data)

    def sync(self, handle: int) -> None:
        name = os.path.basename(os.readlink(f"/proc/self/fd/{handle}"))
        if self.sync_fails and name.endswith(".bytes"):
            self.sync_fails = False
            raise OSError(errno.EIO, "io")
        if name.endswith(".bytes"):
            self.synced = os.fstat(handle).st_size

    synced = 0

    def size(self) -> int:
        path = self.spool.bytes_path(STREAM)
        return path.stat().st_size if path.exists() else 0

    # What may happen

    @initialize()
    def create_first(self) -> None:
        self.spool.create(RIGHT)
        self.created = True

    @rule(point=st.sampled_from(POINTS))
    def arm(self, point: str) -> None:
        self.kill_at = point

    @rule(room=st.integers(0, 300))
    def fill_disk(self, room: int) -> None:
        self.room = room

    @rule()
    def free_disk(self) -> None:
        self.room = None

    @rule(chance=st.integers(0, 5))
    def disk_error(self, chance: int) -> None:
        self.sync_fails = chance == 0

    def attempt(self, call) -> object:
        """The call's result, or None where it was killed; then a fresh process takes over."""
        try:
            return call()
        except Killed:
            self.start()
            # Whether a declared end got through, the sender learns by asking.
            self.declared = self.spool.look(STREAM).length
            return None

    @rule(count=st.integers(0, 400), end=st.sampled_from([None, 0, 1, 100]))
    def append_where_it_stands(self, count: int, end: int | None) -> None:
        offset = self.size()
        length = None if end is None else offset + count + end
        if self.declared is not None and length is not None:
            length = self.declared
        try:
            stood = self.attempt(
                lambda: self.spool.append(
                    STREAM, offset, SENT[offset : offset + count], length=length,
                    hash_=HASH if length else "",
                )
            )  # fmt: skip
        except Refused as refusal:
            assert refusal.code in ("disk_full", "suspect", "too_large", "closed")
            self.suspect |= refusal.code == "suspect"
            return
        if stood is not None:
            assert not self.suspect
            assert stood.offset == offset + count == self.size() == self.synced
            self.acknowledged = stood.offset
            self.declared = stood.length

    @rule(offset=st.integers(0, 6_000))
    def append_elsewhere(self, offset: int) -> None:
        before = self.size()
        if offset == before:
            return
        try:
            self.attempt(lambda: self.spool.append(STREAM, offset, b"never"))
        except WrongOffset as refusal:
            assert refusal.offset == before == self.synced
            self.acknowledged = max(self.acknowledged, refusal.offset)
        except Refused as refusal:
            assert refusal.code in ("suspect", "closed")
            self.suspect |= refusal.code == "suspect"
        assert self.size() == before

    @rule()
    def ask(self) -> None:
        try:
            told = self.spool.measure(STREAM)
        except Refused as refusal:
            assert refusal.code == "suspect"
            self.suspect = True
            return
        except Killed:
            self.start()
            return
        if told.state != "suspect":
            assert told.offset == self.synced
            self.acknowledged = max(self.acknowledged, told.offset)
        assert told.offset >= self.acknowledged
        assert told.length is None or self.declared in (None, told.length)
        self.declared = told.length

    @rule()
    def create_again(self) -> None:
        try:
            found = self.attempt(lambda: self.spool.create(RIGHT))
        except Refused as refusal:
            assert refusal.code in ("suspect", "disk_full")
            self.suspect |= refusal.code == "suspect"
            return
        if found is not None:
            assert found.offset == self.synced
            self.acknowledged = max(self.acknowledged, found.offset)

    @rule()
    def restart(self) -> None:
        self.start()
        assert [found.stream for found in self.spool.scan(0.0).streams] == [STREAM]

    @precondition(lambda self: not self.suspect)
    @rule(share=st.floats(0, 1))
    def power_cut(self, share: float) -> None:
        """Bytes that were never synced may be gone, from the end."""
        size = self.size()
        survived = self.synced + round(share * (size - self.synced)) if size > self.synced else size
        os.truncate(self.spool.bytes_path(STREAM), survived)
        self.synced = min(self.synced, survived)
        self.start()

    # What always holds

    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        if not self.created:
            return
        kept = self.spool.bytes_path(STREAM).read_bytes()
        assert kept == SENT[: len(kept)]
        assert len(kept) >= self.acknowledged
        assert self.suspect or self.synced >= self.acknowledged


SpoolModel.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_the_spool_keeps_its_promise = SpoolModel.TestCase
