"""The addresses that scripts call; paths are whole (/api/...)."""

from __future__ import annotations

from django.urls import URLPattern, path

from yesand.web.api import card, health, items, media, streams, timeline

app_name = "api"

urlpatterns: list[URLPattern] = [
    path("api/items/<uuid:item>/<str:role>.flac", items.media, name="item_media"),
    path("api/items/<uuid:item>/<str:role>.json", items.peaks, name="item_peaks"),
    path("api/streams", streams.streams, name="streams"),
    path("api/takes/<uuid:take>/streams", streams.streams, name="take_streams"),
    path("api/takes/<uuid:take>/peaks/<str:role>.json", timeline.peaks, name="peaks"),
    path("api/take/<uuid:take>/timeline", timeline.timeline, name="timeline"),
    path("api/media/<str:token>", media.media, name="media"),
    path("api/room/<uuid:session>/check-streams", streams.check_streams, name="check_streams"),
    path("api/room/<uuid:session>/green-room", streams.green_room, name="green_room"),
    path("api/room/<uuid:session>/card", card.card, name="card"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
