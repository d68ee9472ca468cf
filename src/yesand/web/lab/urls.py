"""The lab's pages; paths are whole (/lab/<slug> ...)."""

from __future__ import annotations

from django.urls import URLPattern, path

from yesand.web.lab import evaluation, home

app_name = "lab"

urlpatterns: list[URLPattern] = [
    path("lab/<slug:slug>", home.home, name="home"),
    path("lab/<slug:slug>/releases/<uuid:release>", home.release, name="release"),
    path("lab/<slug:slug>/releases/<uuid:release>/files/<path:file>", home.paper, name="paper"),
    path("lab/<slug:slug>/evaluation/<uuid:run>", evaluation.run, name="evaluation"),
    path("lab/<slug:slug>/shortfall/<int:draft>.yaml", evaluation.shortfall, name="shortfall"),
]
