"""The rater's pages; paths are whole (/rater ...)."""

from __future__ import annotations

from django.urls import URLPattern, path

from yesand.web.rater import bench, home

app_name = "rater"

urlpatterns: list[URLPattern] = [
    path("rater", home.home, name="home"),
    path("rater/money", home.money, name="money"),
    path("rater/money.csv", home.money_csv, name="money_csv"),
    path("rater/bench/<slug:slug>", bench.bench, name="bench"),
]
