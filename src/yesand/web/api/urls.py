"""The addresses that scripts call; paths are whole (/api/...)."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "api"

urlpatterns: list[URLPattern] = []
