"""The performer's pages; paths are whole (/me ..., /room ...)."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "performer"

urlpatterns: list[URLPattern] = []
