"""Is this process alive, is it ready, and its figures as text. No names, no addresses."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from yesand.infra import health
from yesand.web.security import may_scrape


def healthz(request: HttpRequest) -> JsonResponse:
    """Alive."""
    return JsonResponse(health.healthz())


def readyz(request: HttpRequest) -> JsonResponse:
    """200 where everything a visitor needs works, else 503; each check says what to do."""
    found = health.readyz()
    return JsonResponse(found.plain(), status=found.status)


def metrics(request: HttpRequest) -> HttpResponse:
    """Gauges and counters for scraping: from this machine itself, or with the word for it."""
    if not may_scrape(request):
        raise Http404
    return HttpResponse(health.metrics(), content_type="text/plain; version=0.0.4")
