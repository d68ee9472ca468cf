"""The public pages; paths are whole, as in the URL map."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "public"

urlpatterns: list[URLPattern] = []
