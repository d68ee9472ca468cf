"""The office's view of persons and programs. Roles change through the verb, so they only show."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from yesand.people.models import Client, Membership, Person, Program


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that verbs write: to be looked at, never edited by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Person)
class PersonAdmin(ReadOnly):
    list_display = ("pseudonym", "alias", "player_kind", "is_active", "joined_at")
    search_fields = ("pseudonym", "alias", "email")
    fields = ("pseudonym", "alias", "email", "zone", "player_kind", "is_active", "joined_at")


@admin.register(Client)
class ClientAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name",)


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Policy is edited here: no verb changes a program's rows."""

    list_display = ("name", "client", "currency", "opened_at", "closed_at")
    readonly_fields = ("opened_at", "closed_at", "currency")


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ("program", "person", "role", "since", "left_at")
    list_filter = ("role", "program")
