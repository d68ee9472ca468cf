"""The rater's pages; paths are whole (/rater ...)."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "rater"

urlpatterns: list[URLPattern] = []
