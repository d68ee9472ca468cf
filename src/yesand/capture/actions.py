"""The verbs of capture: open the streams of a take, seal a stream, seal a take."""

from __future__ import annotations

from yesand.capture.sealing import forget_receipts, seal_stream
from yesand.capture.streams import open_other, open_streams, renew_stream, replace_stream
from yesand.capture.take_seal import seal_take

__all__ = [
    "forget_receipts",
    "open_other",
    "open_streams",
    "renew_stream",
    "replace_stream",
    "seal_stream",
    "seal_take",
]
