"""The pages anybody may read; paths are whole, as in the URL map."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import URLPattern, path
from django.views.generic import RedirectView

from yesand.web.public import authority, call, desk, landing, letters, order_share, program, wheel

app_name = "public"

urlpatterns: list[URLPattern] = [
    path("calls/<slug:slug>", call.call, name="call"),
    path("order/<str:token>", order_share.order, name="order"),
    path("", landing.landing, name="landing"),
    path("desk", desk.desk, name="desk"),
    path("programs/<slug:slug>", program.program, name="program"),
    # Pages name their icon; a file that is read as it is (a datasheet) cannot.
    path("favicon.ico", RedirectView.as_view(url=static("yesand/mark.svg"), permanent=True)),
    path("local-authority", authority.local_authority, name="local_authority"),
    path("wheel/<str:name>", wheel.wheel, name="wheel"),
    path("complaints", letters.complaints, name="complaints"),
    path("in-a-recording", letters.in_a_recording, name="in_a_recording"),
]
