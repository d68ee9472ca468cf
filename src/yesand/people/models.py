"""Persons, clients, programs and membership."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from yesand.kit.ids import new_id, new_pseudonym


class Persons(BaseUserManager["Person"]):
    """Makes persons; sign-in is by e-mail code, so no person has a password."""

    def create_user(self, email: str, **fields: object) -> Person:
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_unusable_password()
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, **fields: object) -> Person:
        return self.create_user(email, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email=(username or "").lower())


class Person(AbstractBaseUser, PermissionsMixin):
    """Anybody who signs in. What a person may do is their membership in programs."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    """Where sign-in codes go; never shown to another person and never in a log."""
    alias = models.CharField(max_length=40, blank=True)
    """The name shown on stage, chosen by the person."""
    pseudonym = models.CharField(max_length=16, unique=True, default=new_pseudonym, editable=False)
    """The stable id in ledgers and releases."""
    player_kind = models.CharField(
        max_length=8,
        default="human",
        choices=[("human", _("human")), ("robot", _("robot")), ("model", _("model"))],
    )
    zone = models.CharField(max_length=64, default="UTC")
    """IANA time zone in which this person reads every time."""
    languages = models.JSONField(default=list)
    """BCP 47 codes the person plays or rates in, best first."""
    age_band = models.CharField(max_length=8, blank=True)
    """Ten-year band such as 20-29, as the person states it; "" is not stated."""
    accent = models.CharField(max_length=40, blank=True)
    """In the person's own words."""
    arm = models.CharField(max_length=12, default="actor")
    """actor or non_actor."""
    skills = models.JSONField(default=list)
    """What the person says they can really do, of the words cards ask for (`needs_skill`)."""
    aim_wish = models.CharField(
        max_length=4, blank=True, choices=[("show", _("show")), ("hide", _("hide"))]
    )
    """Whether offers show this performer what they aim at; "" was never set."""
    adult_verified_at = models.DateTimeField(null=True)
    """When the vault saw proof of being 18 or older; null until then."""
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]
    objects = Persons()

    class Meta:
        db_table = "people_person"
        verbose_name = _("person")
        verbose_name_plural = _("persons")

    def __str__(self) -> str:
        return self.alias or self.pseudonym


class Limit(models.Model):
    """A line (never) or a veil (only off-screen) a performer set in private."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="limits")
    tag = models.SlugField(max_length=40)
    """Content tag of the deck, for example `illness`."""
    kind = models.CharField(max_length=4, choices=[("line", _("line")), ("veil", _("veil"))])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "tag"], name="limit_once")]


class Client(models.Model):
    """Who asked for the scenes and will use them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120, unique=True)
    about = models.TextField(blank=True)
    """One paragraph for performers: who they are and what they build."""


class Program(models.Model):
    """A producer's whole undertaking for a client. Its rows are its policy."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, models.PROTECT, related_name="programs")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    about = models.TextField(blank=True)
    """What the scenes are for, in words a performer reads before applying."""
    purposes = models.JSONField(default=list)
    """Purposes asked for, of `consent.rules.PURPOSES`, in order."""
    may_not = models.TextField(blank=True)
    """What the client may never do with the scenes."""
    currency = models.CharField(max_length=3, default="USD")
    performer_hour_minor = models.PositiveIntegerField(default=7400)
    """Minor units for one hour of a performer's booking."""
    rater_hour_minor = models.PositiveIntegerField(default=2000)
    """Minor units for one hour of rating."""
    audition_minor = models.PositiveIntegerField(default=1850)
    """Minor units for one audition, passed or not."""
    standby_percent = models.PositiveSmallIntegerField(default=50)
    """Share of the hourly rate while on stand-by and not yet called."""
    gap_limit_ms = models.PositiveIntegerField(default=1000)
    """Missing audio one take may have before a retake is offered, ms per take."""
    clipped_limit_ppm = models.PositiveIntegerField(default=1000)
    """Clipped samples one take may have, parts per million (1000 = 0.1 %)."""
    leak_limit_db = models.SmallIntegerField(default=-35)
    """Loudest partner leak into a microphone, dB relative to the partner's own track."""
    retention_check_hours = models.PositiveIntegerField(default=24)
    retention_rejected_days = models.PositiveIntegerField(default=30)
    """Days that auditions and rejected takes are kept."""
    video_width = models.PositiveSmallIntegerField(default=640)
    video_height = models.PositiveSmallIntegerField(default=360)
    video_fps = models.PositiveSmallIntegerField(default=24)
    aim_experiment = models.BooleanField(default=False)
    """Draw, take by take, whether a performer who never set the wish sees what offers aim at."""
    contact = models.CharField(max_length=200, blank=True)
    """How to reach a human: name, phone and hours, shown to performers."""
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


ROLES = [
    ("performer", _("performer")),
    ("rater", _("rater")),
    ("producer", _("producer")),
    ("engineer", _("engineer")),
    ("auditor", _("auditor")),
]


class Membership(models.Model):
    """One person's role in one program; without it the program does not exist for them."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=ROLES)
    since = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "person", "role"], name="membership_once")
        ]
