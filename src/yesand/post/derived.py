"""Small files that the processing derives from a take; pages read them without its libraries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from yesand.infra import objects
from yesand.kit.canonical import canonical_json


def put_json(key: str, value: Any, under: Sequence[UUID]) -> None:
    """A derived file, replaced whole when it is made again. under: ids of the keys it needs."""
    objects.default().put(key, [canonical_json(value) + b"\n"], under)


def get_json(key: str) -> Any:
    """A derived file read back; None where there is none."""
    try:
        return json.loads(objects.default().get(key))
    except objects.Missing:
        return None
