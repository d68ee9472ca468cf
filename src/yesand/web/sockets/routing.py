"""Which WebSocket address is answered by which consumer."""

from __future__ import annotations

from django.urls import URLPattern, path

from yesand.web.sockets.room import Nowhere, RoomConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/room/<uuid:session>", RoomConsumer.as_asgi(), name="room_socket"),  # type: ignore[arg-type]
    path("<path:anywhere>", Nowhere.as_asgi()),  # type: ignore[arg-type]
]
