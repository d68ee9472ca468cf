"""The lab's API: releases, their files and the feed, by pull token.

The OpenAPI description is at /api/lab/openapi.json, for anybody.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI, Schema
from ninja.security import HttpBearer

from yesand.formats.release_files import RELEASE_JSON, RELEASE_SIG, REVOCATIONS
from yesand.release import actions, reads
from yesand.release.models import PullToken, Release

#: What a lab that holds a release needs to learn of withdrawals; given out for good.
SIGNED = (RELEASE_JSON, RELEASE_SIG, REVOCATIONS)


class Token(HttpBearer):
    """Authorization: Bearer with a pull token of one program."""

    def authenticate(self, request: HttpRequest, token: str) -> PullToken | None:
        return reads.holder(token)


# The library's own page of documentation loads scripts from elsewhere, which no page of ours does.
api = NinjaAPI(
    title="YesAnd lab API", version="1", auth=Token(), urls_namespace="lab_api", docs_url=None
)


class ReleaseOut(Schema):
    """One published release. files: path, bytes and SHA-256 stand in its release.json.

    withdrawn: takes of it that the feed names. Its data is not given out any more; pull the newest.
    """

    id: uuid.UUID
    name: str
    version: str
    state: str
    purpose: str
    use: str
    hours: float
    takes: int
    release_sha256: str
    withdrawn: int


def _out(row: Release) -> ReleaseOut:
    return ReleaseOut(
        id=row.pk,
        name=row.name,
        version=row.version,
        state=row.state,
        purpose=row.purpose,
        use=row.use,
        hours=row.figures.get("hours", 0.0),
        takes=row.figures.get("takes", 0),
        release_sha256=row.release_sha256,
        withdrawn=reads.withdrawn_from(row),
    )


def _holder(request: HttpRequest) -> PullToken:
    return request.auth  # type: ignore[attr-defined, no-any-return]


@api.get("/releases", response=list[ReleaseOut])
def releases(request: HttpRequest) -> list[ReleaseOut]:
    """Published and superseded releases of the token's program, newest first."""
    return [_out(row) for row in reads.releases(_holder(request).program, published=True)]


@api.get("/releases/{release}/files/{path:file}")
def file(request: HttpRequest, release: uuid.UUID, file: str) -> HttpResponseBase:
    """One file of a release as release.json lists it. Reading release.json counts as a pull.

    410 for the data of a release that holds a withdrawn take.
    """
    held = _holder(request)
    row = next((r for r in reads.releases(held.program, published=True) if r.pk == release), None)
    if row is None:
        raise Http404
    folder = actions.folder_of(row).resolve()
    path = (folder / file).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise Http404
    if file not in SIGNED and reads.withdrawn_from(row):
        return HttpResponse("A take of it was withdrawn; pull the newest version.", status=410)
    if file == "release.json":
        actions.note_pull(row, held.engineer)
    return FileResponse(open(path, "rb"), as_attachment=True, filename=Path(file).name)


@api.get("/feed")
def feed(request: HttpRequest) -> HttpResponse:
    """The signed feed of withdrawals, JSON lines, oldest first."""
    return HttpResponse(reads.feed(_holder(request).program), content_type="application/x-ndjson")
