"""YesAnd: improvised two-person scenes, from two browsers to a release that loads."""

__version__ = "0.1.0"
