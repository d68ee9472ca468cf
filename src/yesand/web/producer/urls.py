"""The producer's pages; paths are whole (/producer/<slug> ...)."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "producer"

urlpatterns: list[URLPattern] = []
