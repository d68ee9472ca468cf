"""Where releases and feeds lie on this machine."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from yesand.people.models import Program
from yesand.release.models import Release


def folder_of(release: Release) -> Path:
    """Where a release lies on this machine."""
    return Path(settings.HOME) / "releases" / release.folder


def feed_file(program: Program) -> Path:
    """The feed of a program: every tombstone, one signed line each."""
    return Path(settings.HOME) / "releases" / program.slug / "feed.jsonl"
