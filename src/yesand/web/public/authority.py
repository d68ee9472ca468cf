"""The authority behind a certificate that was made on this machine, for browsers to trust."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from yesand.infra import environ, tls


@require_GET
def local_authority(_request: HttpRequest) -> HttpResponse:
    """The public certificate as a file; nothing where a certificate was set by hand or none is."""
    here = environ.current()
    ours = tls.files(here.home)
    if here.tls_cert != str(ours.cert) or not ours.ca.is_file():
        raise Http404
    answer = HttpResponse(ours.ca.read_bytes(), content_type="application/x-x509-ca-cert")
    answer["Content-Disposition"] = 'attachment; filename="yesand-local-authority.crt"'
    answer["Cache-Control"] = "no-store"
    return answer
