"""The pages that exist only where YESAND_DEV_PAGES is on."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "dev"

urlpatterns: list[URLPattern] = []
