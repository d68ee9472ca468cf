"""The wheel of the YesAnd that runs here, made from its own files.

No index needs to know the name: a lab installs exactly what wrote its releases, from the house
that published them. The same files make the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from importlib import metadata

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from yesand import __version__
from yesand.infra.database import package_folder

NAME = f"yesand-{__version__}-py3-none-any.whl"
INFO = f"yesand-{__version__}.dist-info"
#: What an installation knows about itself and a wheel repeats.
PAPERS = ("METADATA", "entry_points.txt", "licenses/LICENSE")
LEFT_OUT = frozenset({".pyc", ".map", ".ts"})
#: Zip knows no time before this one; every file has it, so that bytes depend on files alone.
STAMP = (1980, 1, 1, 0, 0, 0)


def address() -> str:
    """Where `pip install` finds this house's wheel."""
    return f"{settings.BASE_URL}/wheel/{NAME}"


def _files() -> Iterator[tuple[str, bytes]]:
    folder = package_folder("")
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in LEFT_OUT:
            yield f"yesand/{path.relative_to(folder).as_posix()}", path.read_bytes()
    known = metadata.distribution("yesand")
    for name in PAPERS:
        text = known.read_text(name)
        if text is not None:
            yield f"{INFO}/{name}", text.encode()
    says = "Wheel-Version: 1.0\nGenerator: yesand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    yield f"{INFO}/WHEEL", says.encode()


@lru_cache(maxsize=1)
def made() -> bytes:
    """The whole wheel. Raises PackageNotFoundError where yesand was never installed."""
    record, out = [], io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files():
            archive.writestr(zipfile.ZipInfo(name, STAMP), data, zipfile.ZIP_DEFLATED)
            hashed = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={hashed},{len(data)}\n")
        record.append(f"{INFO}/RECORD,,\n")
        last = zipfile.ZipInfo(f"{INFO}/RECORD", STAMP)
        archive.writestr(last, "".join(record), zipfile.ZIP_DEFLATED)
    return out.getvalue()


@require_safe
def wheel(request: HttpRequest, name: str) -> HttpResponse:
    """The wheel under its own name; any other version is not here."""
    if name != NAME:
        raise Http404
    try:
        data = made()
    except metadata.PackageNotFoundError as error:
        raise Http404 from error
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{NAME}"'
    return answer
