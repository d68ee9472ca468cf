"""Every address of the web. Each audience's module writes its paths whole, as people see them."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from yesand.web.api.lab import api as lab_api

admin.site.site_header = admin.site.site_title = "YesAnd"
# There are no passwords: the admin's own sign-in form is replaced by the code by e-mail.
admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("yesand.web.public.urls")),
    path("", include("yesand.web.performer.urls")),
    path("", include("yesand.web.rater.urls")),
    path("", include("yesand.web.producer.urls")),
    path("", include("yesand.web.lab.urls")),
    path("", include("yesand.web.api.urls")),
    # Not inside api.urls: the library looks its own addresses up by a name at the top.
    path("api/lab/", lab_api.urls),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
if settings.DEV_PAGES:
    urlpatterns.append(path("", include("yesand.web.dev.urls")))

handler400 = "yesand.web.errors.bad_request"
handler403 = "yesand.web.errors.forbidden"
handler404 = "yesand.web.errors.not_found"
handler500 = "yesand.web.errors.broken"
