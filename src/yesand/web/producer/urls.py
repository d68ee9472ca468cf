"""The producer's pages; paths are whole (/producer/<slug> ...)."""

from __future__ import annotations

from django.urls import URLPattern, path

from yesand.web.producer import (
    aims,
    auditions,
    calls,
    case_sound,
    cases,
    coverage,
    deck,
    deck_editor,
    desk_steps,
    director,
    home,
    live,
    money,
    order,
    payouts,
    releases,
    schedule,
    takes,
)

app_name = "producer"

urlpatterns: list[URLPattern] = [
    path("producer/<slug:slug>", home.home, name="home"),
    path("producer/<slug:slug>/calls/", calls.calls, name="calls"),
    path("producer/<slug:slug>/calls/<uuid:call>/withdraw", calls.withdraw, name="withdraw_call"),
    path("house/letters", cases.house, name="house"),
    path("house/cases/<uuid:case>/sound", case_sound.sound, name="case_sound"),
    path("producer/<slug:slug>/cases", cases.cases, name="cases"),
    path("producer/<slug:slug>/auditions/", auditions.auditions, name="auditions"),
    path("producer/<slug:slug>/auditions/<uuid:application>", auditions.audition, name="audition"),
    path(
        "producer/<slug:slug>/auditions/<uuid:application>/<int:piece>.flac",
        auditions.sound,
        name="audition_sound",
    ),
    path("producer/<slug:slug>/deck", deck.deck, name="deck"),
    path("producer/<slug:slug>/deck/new", deck_editor.new, name="new_card"),
    path("producer/<slug:slug>/deck/files", deck_editor.bring_in, name="bring_in_cards"),
    path("producer/<slug:slug>/deck.zip", deck_editor.as_zip, name="deck_zip"),
    path("producer/<slug:slug>/deck/<uuid:prompt>", deck.card, name="card"),
    path("producer/<slug:slug>/deck/<uuid:prompt>.yaml", deck_editor.as_yaml, name="card_yaml"),
    path("producer/<slug:slug>/deck/<uuid:prompt>/edit", deck_editor.edit, name="edit_card"),
    path("producer/<slug:slug>/deck/<uuid:prompt>/step", deck_editor.step, name="card_step"),
    path("producer/<slug:slug>/order", order.order, name="order"),
    path("producer/<slug:slug>/order/<uuid:commission>", order.draft, name="draft"),
    path("producer/<slug:slug>/order/<uuid:commission>.yaml", order.as_yaml, name="order_yaml"),
    path("producer/<slug:slug>/order/<uuid:commission>/step", order.step, name="order_step"),
    path("producer/<slug:slug>/commissions/<uuid:commission>", coverage.coverage, name="coverage"),
    path("producer/<slug:slug>/schedule", schedule.schedule, name="schedule"),
    path(
        "producer/<slug:slug>/bookings/<uuid:booking>/cancel",
        schedule.cancel,
        name="cancel_booking",
    ),
    path("producer/<slug:slug>/aims", aims.aims, name="aims"),
    path("producer/<slug:slug>/aims.csv", aims.as_csv, name="aims_csv"),
    path("producer/<slug:slug>/live", live.live, name="live"),
    path("producer/<slug:slug>/live/<uuid:session>", director.room, name="room"),
    path("producer/<slug:slug>/live/<uuid:session>/say", director.say, name="say"),
    path("producer/<slug:slug>/live/<uuid:session>/stay", desk_steps.stay, name="stay"),
    path("producer/<slug:slug>/live/<uuid:session>/anew", desk_steps.pair_anew, name="pair_anew"),
    path("producer/<slug:slug>/takes", takes.takes, name="takes"),
    path("producer/<slug:slug>/takes/<uuid:take>", takes.take, name="take"),
    path("producer/<slug:slug>/money", money.money, name="money"),
    path("producer/<slug:slug>/money/step", payouts.step, name="payout_step"),
    path("producer/<slug:slug>/money/files/<uuid:file>.csv", payouts.bank_file, name="bank_file"),
    path("producer/<slug:slug>/releases", releases.releases, name="releases"),
]
