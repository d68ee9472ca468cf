"""What the door answers: status by code, tus headers, CORS for the pages' origin alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache

from yesand.kit.errors import Refused
from yesand.recording.spool_files import SpooledStream, WrongOffset
from yesand.web.doors.requests import ALGORITHMS

TUS = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"
METHODS = "POST, HEAD, PATCH, DELETE, GET, OPTIONS"
#: What a page's script may send and read across origins.
MAY_SEND = (
    "authorization, content-type, tus-resumable, upload-checksum, upload-defer-length, "
    "upload-length, upload-metadata, upload-offset, upload-stream-hash, x-http-method-override"
)
MAY_READ = (
    "location, retry-after, tus-checksum-algorithm, tus-extension, tus-max-size, tus-resumable, "
    "tus-version, upload-defer-length, upload-expires, upload-length, upload-offset, "
    "upload-stream-state"
)

#: HTTP status of each code a person or a client can cause. 460 is tus's checksum mismatch.
STATUS = {
    "bad_header": 400,
    "unknown_checksum": 400,
    "checksum_missing": 400,
    "length_changed": 400,
    "hash_changed": 400,
    "cut_off": 400,
    "token_missing": 401,
    "token_malformed": 401,
    "token_forged": 401,
    "token_expired": 401,
    "other_stream": 403,
    "other_origin": 403,
    "complete": 403,
    "unknown": 404,
    "no_receipt": 404,
    "no_such_verb": 405,
    "too_slow": 408,
    "wrong_offset": 409,
    "expired": 410,
    "closed": 410,
    "suspect": 410,
    "terminated": 410,
    "sealed": 410,
    "wrong_version": 412,
    "too_large": 413,
    "wrong_type": 415,
    "locked": 423,
    "too_many": 429,
    "wrong_checksum": 460,
    "busy": 503,
    "draining": 503,
    "spool_broken": 503,
    "disk_full": 507,
}
#: Codes after which the same request may succeed soon.
SOON = frozenset({"locked", "too_many", "busy", "draining"})


@dataclass
class Answer:
    """One response."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def raw_headers(self) -> Iterable[tuple[bytes, bytes]]:
        for name, value in self.headers.items():
            yield name.lower().encode(), value.encode()
        if self.status != 204:
            yield b"content-length", str(len(self.body)).encode()


def refusal(refused: Refused) -> Answer:
    """The answer to a refused request: a code for scripts, a sentence for people."""
    problem = refused.problems[0]
    headers = {"Content-Type": "application/json"}
    status = STATUS[problem.code]
    if isinstance(refused, WrongOffset):
        headers["Upload-Offset"] = str(refused.offset)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 410:
        headers["Upload-Stream-State"] = problem.code
    if problem.code in SOON:
        headers["Retry-After"] = "1"
    body = {"code": problem.code, "where": problem.where, "says": problem.says}
    return Answer(status, headers, json.dumps(body).encode() + b"\n")


@lru_cache(maxsize=2048)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def standing(stream: SpooledStream) -> dict[str, str]:
    """Headers that say where a stream stands."""
    headers = {
        "Upload-Offset": str(stream.offset),
        "Upload-Expires": _date(stream.expires),
    }
    if stream.state != "open":
        headers["Upload-Stream-State"] = stream.state
    return headers


def described(stream: SpooledStream) -> dict[str, str]:
    """What HEAD tells: where the stream stands, its length and what was said at its creation."""
    headers = standing(stream)
    if stream.length is None:
        headers["Upload-Defer-Length"] = "1"
    else:
        headers["Upload-Length"] = str(stream.length)
    if stream.metadata:
        headers["Upload-Metadata"] = stream.metadata
    return headers


def abilities(max_size: int) -> dict[str, str]:
    """What OPTIONS tells."""
    return {
        "Tus-Version": TUS,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_size),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        "Allow": METHODS,
    }


def cors(origin: str, preflight: bool) -> dict[str, str]:
    """Headers that let the pages' scripts in; `origin` is one the door knows."""
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": MAY_READ}
    if preflight:
        headers["Access-Control-Allow-Methods"] = METHODS
        headers["Access-Control-Allow-Headers"] = MAY_SEND
        headers["Access-Control-Max-Age"] = "600"
    return headers
