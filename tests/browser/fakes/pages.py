"""The pages on a port of their own, over rows that every thread sees, and a browser signed in."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from chromium import ARGUMENTS, CHROMIUM
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import Client
from playwright.sync_api import BrowserContext, Playwright

from yesand.people.models import Person

# Playwright's loop runs in this thread, and Django would refuse rows beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


class Quiet(WSGIRequestHandler):
    """Says nothing on stderr."""

    def log_message(self, *words: object) -> None:
        return


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def served() -> Iterator[str]:
    """The address of the pages while the block runs."""
    server = make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def visiting(
    playwright: Playwright, site: str, person: Person | None = None, width: int = 1280
) -> Iterator[BrowserContext]:
    """A browser of its own, signed in as `person` where one is named."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
    context = browser.new_context(viewport={"width": width, "height": 900})
    if person is not None:
        sign_in(context, site, person)
    try:
        yield context
    finally:
        browser.close()


def sign_in(context: BrowserContext, site: str, person: Person) -> None:
    """Give the browser the session of a person; nobody types a code in tests of other pages."""
    client = Client()
    client.force_login(person)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
