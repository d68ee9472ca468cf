"""Which bytes of an object a request asks for (RFC 9110, section 14). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE = re.compile(r"\A\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*\Z", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """Bytes from `start` to before `end`. part: answer 206 and say which; else the whole."""

    start: int
    end: int
    part: bool


def asked(ranged: str, if_range: str, etag: str, size: int) -> Asked | None:
    """What is to be sent of `size` bytes; None where a range lies beyond them (416).

    ranged, if_range: the headers Range and If-Range, "" where absent. etag: the strong tag of what
    there is now; a part of anything else is of no use, so that then the whole goes out. More than
    one range, and what is no range, also ask for the whole.
    """
    whole = Asked(0, size, False)
    found = _ONE.match(ranged)
    if found is None or (if_range and if_range.strip() != etag):
        return whole
    first, last = found.groups()
    if not first and not last:
        return whole
    if not first:
        count = min(int(last), size)
        return Asked(size - count, size, True) if count else None
    start = int(first)
    if last and int(last) < start:
        return whole
    if start >= size:
        return None
    return Asked(start, min(int(last) + 1, size) if last else size, True)
