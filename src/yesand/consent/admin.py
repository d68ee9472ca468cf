"""Consent is looked at here and never edited: a change is a new row by a verb."""

from __future__ import annotations

from django.contrib import admin

from yesand.consent.models import Grant, TakeChoice, Terms, Withdrawal
from yesand.people.admin import ReadOnly


@admin.register(Terms)
class TermsAdmin(ReadOnly):
    list_display = ("program", "purpose", "version", "language", "title", "published_at")


@admin.register(Grant)
class GrantAdmin(ReadOnly):
    list_display = ("person", "program", "purpose", "take", "granted_at", "expires_at")


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnly):
    list_display = ("person", "program", "purpose", "take", "withdrawn_at")


@admin.register(TakeChoice)
class TakeChoiceAdmin(ReadOnly):
    list_display = ("person", "take", "choice", "chosen_at", "until")
