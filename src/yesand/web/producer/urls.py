"""The producer's pages; paths are whole (/producer/<slug> ...)."""

from __future__ import annotations

from django.urls import URLPattern, path

from yesand.web.producer import money, releases, schedule

app_name = "producer"

urlpatterns: list[URLPattern] = [
    path("producer/<slug:slug>/schedule", schedule.schedule, name="schedule"),
    path(
        "producer/<slug:slug>/bookings/<uuid:booking>/cancel",
        schedule.cancel,
        name="cancel_booking",
    ),
    path("producer/<slug:slug>/money", money.money, name="money"),
    path("producer/<slug:slug>/releases", releases.releases, name="releases"),
]
