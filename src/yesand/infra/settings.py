"""Django's names for the settings of `yesand.infra.environ`.

Nothing here is read by another house except through `django.conf.settings`; what a deployment
may change is in `environ.VARIABLES`. Importing this makes no folder and no file.
"""

from __future__ import annotations

import secrets as entropy
import warnings
from email.utils import parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from yesand.infra import database, environ, logs, secrets

HERE = environ.current()
HOME = HERE.home

DEBUG = HERE.debug
# A process that was not started by `yesand serve` (mypy, makemigrations) gets a key of its own.
SECRET_KEY = (secrets.peek(HOME, "django") or entropy.token_bytes(32)).hex()

ROOT_URLCONF = "yesand.web.urls"
ASGI_APPLICATION = "yesand.web.asgi.application"
AUTH_USER_MODEL = "people.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_NAME = "YesAnd"

HOUSES = [
    "yesand.infra",
    "yesand.people",
    "yesand.vault",
    "yesand.consent",
    "yesand.pay",
    "yesand.recording",
    "yesand.cases",
    "yesand.commission",
    "yesand.casting",
    "yesand.matching",
    "yesand.stage",
    "yesand.capture",
    "yesand.post",
    "yesand.labels",
    "yesand.release",
    "yesand.evaluation",
    "yesand.web",
]
INSTALLED_APPS = [
    *HOUSES,  # first, so that our templates are found before those of the libraries
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "channels",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "yesand.infra.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "yesand.web.security.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "yesand.web.frame.OwnZone",
    "yesand.web.errors.Refusals",
]
WEB = database.package_folder("web")
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [WEB / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "yesand.web.frame.frame",
            ],
        },
    }
]

# Rows
DATABASES: dict[str, dict[str, Any]] = {"default": database.django_database(HERE)}
MIGRATION_MODULES: dict[str, str] = {}

# Sign-in: a code by e-mail, or a passkey; there are no passwords.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, str]] = []
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_SIGNUP_FORM_CLASS = "yesand.web.accounts.AboutYou"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HERE.https else "http"
MFA_SUPPORTED_TYPES = ["webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = HERE.loopback

# The browser's side
ALLOWED_HOSTS = sorted(
    {urlsplit(HERE.base_url).hostname or "", "127.0.0.1", "localhost", "[::1]", *HERE.hosts}
)
CSRF_TRUSTED_ORIGINS = [HERE.base_url]
# Cookies know no port: two deployments on one machine must not sign each other's people out.
SESSION_COOKIE_NAME = f"yesand_{urlsplit(HERE.base_url).port or HERE.port}"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HERE.https
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "yesand.web.errors.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# A local certificate changes with every machine, so only a proxy's real one is remembered.
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HERE.https and HERE.behind_proxy else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HERE.behind_proxy else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

# Static files: straight from the packages, so that nobody has to collect them.
STATIC_URL = "/static/"
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 60
WHITENOISE_ALLOW_ALL_ORIGINS = False
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

# Words and time
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [WEB / "locale"]

# Mail: files in HOME/mail, or SMTP
DEFAULT_FROM_EMAIL = SERVER_EMAIL = HERE.mail_from
EMAIL_BACKEND = "yesand.infra.mail.FolderBackend"
if HERE.smtp_url:
    _smtp = urlsplit(HERE.smtp_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _smtp.hostname or "localhost"
    EMAIL_USE_SSL = _smtp.scheme == "smtps"
    EMAIL_USE_TLS = not EMAIL_USE_SSL and EMAIL_HOST not in environ.LOOPBACK
    EMAIL_PORT = _smtp.port or (465 if EMAIL_USE_SSL else 587)
    EMAIL_HOST_USER = unquote(_smtp.username or "")
    EMAIL_HOST_PASSWORD = unquote(_smtp.password or "")
    EMAIL_TIMEOUT = 20
MAIL_SENDER_ADDRESS = parseaddr(HERE.mail_from)[1]

LOGGING = logs.django_logging(debug=DEBUG)

# Jobs: bodies live in flows; the worker imports this module.
JOBS_MODULE = "yesand.flows.jobs"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
PROCRASTINATE_IMPORT_PATHS: list[str] = []

# What our own houses read
SPOOL_NODE = HERE.spool_node
BASE_URL = HERE.base_url
DOOR_URL = HERE.door_url
DEV_PAGES = HERE.dev_pages
MIN_FREE_BYTES = HERE.min_free_bytes
ICE_URLS = HERE.ice_urls
TURN_SECRET = HERE.turn_secret
OBJECTS_URL = HERE.objects_url
KEYS, KEY_RING = HERE.keys, HERE.key_ring
