"""CRC32C by the compiled version and by tables: the same for every kind and length of bytes."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from yesand.formats import crc32c as module
from yesand.formats.crc32c import crc32c, crc32c_tables
from yesand.formats.crc32c_native import COPIED


def test_the_check_value_of_the_standard():
    assert crc32c(b"123456789") == crc32c_tables(b"123456789") == 0xE3069283


@pytest.mark.parametrize("length", [0, 1, 255, COPIED - 1, COPIED, COPIED + 1, 3 * COPIED + 7])
def test_every_kind_of_bytes(length):
    data = random.Random(length).randbytes(length)
    kinds = (data, bytearray(data), memoryview(data), memoryview(bytearray(b"x" + data))[1:])
    assert {crc32c(kind) for kind in kinds} == {crc32c_tables(data)}


def test_the_door_has_the_compiled_version():
    """Without it the door would be slow and right; here it must not be missing unnoticed."""
    assert module.compiled()


def test_the_door_starts_without_numpy():
    """What a start after a kill does not need is not loaded."""
    asked = "import sys, yesand.web.doors.server; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
