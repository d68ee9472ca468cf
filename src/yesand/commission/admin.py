"""Commissions as the office sees them: to be looked at, because every change is a verb."""

from __future__ import annotations

from django.contrib import admin

from yesand.commission.models import Acceptance, Commission, Prompt
from yesand.people.admin import ReadOnly


@admin.register(Commission)
class CommissionAdmin(ReadOnly):
    list_display = ("name", "program", "use", "hours", "state", "approved_at")
    list_filter = ("state", "use")


@admin.register(Prompt)
class PromptAdmin(ReadOnly):
    list_display = ("title", "slug", "version", "language", "shape", "tone", "status")
    list_filter = ("shape", "tone", "status")


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnly):
    list_display = ("take", "decision", "by", "at")
