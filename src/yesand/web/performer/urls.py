"""The performer's pages; paths are whole (/me ..., /room ...)."""

from __future__ import annotations

from django.urls import URLPattern, path

from yesand.web.performer import (
    account,
    apply,
    audition,
    bookings,
    choices,
    consent,
    home,
    limits,
    money,
    notes,
    room,
    takes,
)

app_name = "performer"

urlpatterns: list[URLPattern] = [
    path("me/apply/<slug:slug>", apply.apply, name="apply"),
    path("me/audition/<uuid:application>", apply.application, name="application"),
    path("me/audition/<uuid:application>/hand-in", audition.hand_in, name="hand_in"),
    path("me/audition/<uuid:application>/<int:piece>", audition.audition, name="audition"),
    path(
        "api/auditions/<uuid:application>/<int:piece>/streams",
        audition.streams,
        name="audition_streams",
    ),
    path("me", home.home, name="home"),
    path("me/ask", home.ask, name="ask"),
    path("me/account", account.account, name="account"),
    path("me/identity", account.identity, name="identity"),
    path("me/data.json", account.data, name="data"),
    path("me/consent/<slug:slug>", consent.consent, name="consent"),
    path("me/limits", limits.limits, name="limits"),
    path("me/money", money.money, name="money"),
    path("me/money.csv", money.money_csv, name="money_csv"),
    path("me/takes", takes.takes, name="takes"),
    path("me/takes/<uuid:take>", takes.take, name="take"),
    path("me/takes/<uuid:take>/choose", choices.choose, name="choose"),
    path("me/takes/<uuid:take>/private", choices.private, name="private"),
    path("me/takes/<uuid:take>/bystander", choices.bystander, name="bystander"),
    path("me/takes/<uuid:take>/use", choices.use, name="use"),
    path("me/takes/<uuid:take>/withdraw", choices.withdraw, name="withdraw_take"),
    path("room/<uuid:session>/exit", takes.exit_page, name="exit"),
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
    path("room/<uuid:session>/table", room.table, name="table"),
    path("room/<uuid:session>/prompt", room.prompt, name="prompt"),
    path("room/<uuid:session>/said", room.said, name="said"),
    path("room/<uuid:session>/choose", room.choose, name="choose_card"),
    path("room/<uuid:session>/stuck/<slug:why>", room.stuck, name="stuck"),
    path("room/<uuid:session>/swap", room.swap, name="swap"),
    path("room/<uuid:session>/last", room.last, name="last"),
    path("room/<uuid:session>/leave", room.leave, name="leave"),
    path("room/<uuid:session>/left", room.left, name="left"),
    path("resume", room.resume, name="resume"),
]
