"""Every open case, the most urgent first. Decided on the producer's page, read here."""

from __future__ import annotations

from django.contrib import admin

from yesand.cases.models import Case
from yesand.people.admin import ReadOnly


@admin.register(Case)
class CaseAdmin(ReadOnly):
    list_display = ("kind", "program", "opened_at", "due_at", "decided_at", "decision")
    list_filter = ("kind", "program")
    ordering = ("decided_at", "due_at")
