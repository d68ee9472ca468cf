"""The web process: Django's pages and the WebSockets of the room.

`uvicorn yesand.web.asgi:application`. A socket opens only for our own pages: its Origin must be
one of our addresses, and the person is the one of the session cookie.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yesand.infra.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

# Only now are the houses loaded, which the consumers import.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from yesand.web.sockets.routing import websocket_urlpatterns  # noqa: E402


def origins(base_url: str, hosts: list[str]) -> list[str]:
    """The origins our own pages have: the base address, and our other names at its port."""
    base = urlsplit(base_url)
    port = f":{base.port}" if base.port else ""
    return [base_url, *(f"{base.scheme}://{host}{port}" for host in hosts)]


application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": OriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns)),
            origins(settings.BASE_URL, settings.ALLOWED_HOSTS),
        ),
    }
)
