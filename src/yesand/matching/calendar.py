"""A booking as one calendar entry (RFC 5545)."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from icalendar import Calendar, Event, vText


def ics(
    booking: UUID, starts_at: dt.datetime, minutes: int, title: str, where: str, says: str
) -> bytes:
    """One VEVENT in UTC; the uid is stable, so a second download updates the entry."""
    entry = Event()
    entry.add("uid", f"{booking}@yesand")
    entry.add("dtstamp", dt.datetime.now(dt.UTC))
    entry.add("dtstart", starts_at.astimezone(dt.UTC))
    entry.add("dtend", (starts_at + dt.timedelta(minutes=minutes)).astimezone(dt.UTC))
    entry.add("summary", vText(title))
    entry.add("url", where)
    entry.add("description", vText(says))
    calendar = Calendar()
    calendar.add("prodid", "-//YesAnd//booking//EN")
    calendar.add("version", "2.0")
    calendar.add_component(entry)
    return bytes(calendar.to_ical())
