"""The web process as `yesand serve` runs it: `yesand.web.asgi`, with connections that are kept.

Under ASGI every request and every message of a room has a thread of its own, so that Django alone
would open a connection for each.
"""

from __future__ import annotations

from django.db import connections

from yesand.infra.database import keep_connections
from yesand.web.asgi import application

__all__ = ["application"]

keep_connections(connections["default"].settings_dict)
