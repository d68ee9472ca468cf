"""The performer's pages; paths are whole (/me ..., /room ...)."""

from __future__ import annotations

from django.urls import URLPattern, path

from yesand.web.performer import bookings, notes, room

app_name = "performer"

urlpatterns: list[URLPattern] = [
    path("me/availability", bookings.availability, name="availability"),
    path("me/offers", bookings.offers, name="offers"),
    path("me/bookings/<uuid:booking>", bookings.booking, name="booking"),
    path("me/bookings/<uuid:booking>/answer", bookings.answer, name="answer"),
    path("me/bookings/<uuid:booking>/cancel", bookings.cancel, name="cancel_booking"),
    path("me/bookings/<uuid:booking>/enter", bookings.enter, name="enter_booking"),
    path("me/bookings/<uuid:booking>.ics", bookings.booking_ics, name="booking_ics"),
    path("room/<uuid:session>/notes/<uuid:take>", notes.notes, name="notes"),
    path("room/<uuid:session>/check", room.check, name="check"),
    path("room/<uuid:session>/warm-up", room.warm_up, name="warm_up"),
    path("room/<uuid:session>", room.stage, name="stage"),
    path("room/<uuid:session>/swap", room.swap, name="swap"),
    path("room/<uuid:session>/last", room.last, name="last"),
    path("room/<uuid:session>/leave", room.leave, name="leave"),
    path("room/<uuid:session>/left", room.left, name="left"),
    path("resume", room.resume, name="resume"),
]
