"""Addresses that exist only where YESAND_DEV_PAGES is on."""

from __future__ import annotations

from django.urls import path

from yesand.web.dev import views

app_name = "dev"

urlpatterns = [
    path("dev/mail", views.mails, name="mail"),
    path("enter/<str:token>", views.enter, name="enter"),
]
