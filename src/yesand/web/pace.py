"""How often somebody may send a form: a small limit per address or person, kept in the cache.

Sign-in has allauth's own limits. Each web process counts for itself, which is enough to slow a
script down; it is no lock.
"""

from __future__ import annotations

import time

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from yesand.kit.errors import refuse


def check(request: HttpRequest, what: str, limit: int, seconds: int) -> None:
    """Count one try; raises Refused with code `too_often` after `limit` within `seconds`."""
    person = getattr(request, "user", None)
    if person is not None and person.is_authenticated:
        who = str(person.pk)
    else:
        who = request.META.get("REMOTE_ADDR", "")
    window = int(time.time()) // seconds
    key = f"pace:{what}:{who}:{window}"
    cache.add(key, 0, timeout=seconds)
    try:
        tries = cache.incr(key)
    except ValueError:  # it ended between the two lines: a new window began
        tries = 1
    if tries > limit:
        raise refuse("too_often", _("That was often in a short time. Wait a little and repeat it."))
