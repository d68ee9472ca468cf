"""Calls, applications and the roster as the office sees them; every change is a verb."""

from __future__ import annotations

from django.contrib import admin

from yesand.casting.models import Application, Call, RosterPlace
from yesand.people.admin import ReadOnly


@admin.register(Call)
class CallAdmin(ReadOnly):
    list_display = ("title", "program", "opens_at", "closes_at", "withdrawn_at")


@admin.register(Application)
class ApplicationAdmin(ReadOnly):
    list_display = ("call", "person", "state", "applied_at", "decided_at")
    list_filter = ("state",)


@admin.register(RosterPlace)
class RosterPlaceAdmin(ReadOnly):
    list_display = ("program", "person", "split_pool", "joined_at", "left_at")
    list_filter = ("split_pool",)
