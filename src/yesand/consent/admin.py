"""Consent is looked at here and never edited: a change is a new row by a verb.

The one act is to withdraw for somebody who asked by other ways; it is the same verb as the page's,
so it reaches the releases alike.
"""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yesand.consent import actions
from yesand.consent.models import Grant, TakeChoice, Terms, Withdrawal
from yesand.people.admin import ReadOnly


@admin.register(Terms)
class TermsAdmin(ReadOnly):
    list_display = ("program", "purpose", "version", "language", "title", "published_at")


@admin.register(Grant)
class GrantAdmin(ReadOnly):
    list_display = ("person", "program", "purpose", "take", "granted_at", "expires_at")
    actions = ("withdraw_for_them",)

    @admin.action(description=_("Withdraw for the person, because they asked"))
    def withdraw_for_them(self, request: HttpRequest, rows: QuerySet[Grant]) -> None:
        """One withdrawal per chosen grant: its purpose, for its take or for all."""
        for grant in rows.select_related("person", "program"):
            actions.withdraw(grant.person, grant.program, grant.purpose, take=grant.take)


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnly):
    list_display = ("person", "program", "purpose", "take", "withdrawn_at")


@admin.register(TakeChoice)
class TakeChoiceAdmin(ReadOnly):
    list_display = ("person", "take", "choice", "chosen_at", "until")
