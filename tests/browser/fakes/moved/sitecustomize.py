"""Loaded by every Python process below a server whose clock a test moves (see ../hour.py).

Whatever asks for the time of day gets the true one plus the seconds that the file of
YESAND_TEST_CLOCK names, read again every 20 ms. Monotonic time stays true, so nothing that waits
waits longer or shorter; Postgres and the browsers keep the real time.
"""

from __future__ import annotations

import datetime as dt
import os
import time

from django.utils import timezone

FILE = os.environ["YESAND_TEST_CLOCK"]
EVERY_S = 0.02
_real, _real_ns, _clock = time.time, time.time_ns, time.monotonic
_state = {"read": -1.0, "ahead": 0.0}


def _ahead() -> float:
    now = _clock()
    if now - _state["read"] >= EVERY_S:
        with open(FILE, encoding="ascii") as file:
            _state["ahead"] = float(file.read())
        _state["read"] = now
    return _state["ahead"]


time.time = lambda: _real() + _ahead()
time.time_ns = lambda: _real_ns() + int(_ahead() * 1e9)
timezone.now = lambda: dt.datetime.fromtimestamp(time.time(), tz=dt.UTC)
