"""Entering the house from the command line: Django set up, the database answering."""

from __future__ import annotations

import os

from yesand.infra import environ
from yesand.kit.errors import refuse


def enter(*, database: bool = True) -> environ.Settings:
    """Set Django up and return the settings. Raises Refused where no database answers."""
    here = environ.current()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yesand.infra.settings")
    # Late, so that --help and the base install never need Django.
    import django  # noqa: PLC0415
    from django.db import OperationalError, connection  # noqa: PLC0415

    django.setup()
    if database:
        try:
            connection.ensure_connection()
        except OperationalError:
            where = "YESAND_DATABASE_URL" if here.database_url else str(here.home)
            says = "No database answers; start it with yesand serve in another terminal."
            raise refuse("no_database", says, where) from None
    return here
