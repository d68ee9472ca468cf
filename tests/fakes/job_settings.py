"""The product's settings with job bodies of the tests."""

from yesand.infra.settings import *  # noqa: F403

JOBS_MODULE = "job_bodies"
