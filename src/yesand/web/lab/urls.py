"""The lab's pages; paths are whole (/lab/<slug> ...)."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "lab"

urlpatterns: list[URLPattern] = []
