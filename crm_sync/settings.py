"""Settings. Everything that differs between machines comes from the environment; see .env.example."""

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from kombu import Queue

from crm_sync import logs
from crm_sync.environment import celery_broker_url, quickbooks_addresses
from crm_sync.launch.demo import LOGINS, PASSWORD

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file() and env.bool("READ_DOT_ENV", True):
    environ.Env.read_env(BASE_DIR / ".env", overwrite=False)

DEMO = env.bool("DEMO", False)
DEMO_ACCOUNTS = [{"role": login.role, "email": login.email, "password": PASSWORD} for login in LOGINS] if DEMO else []
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "")
# Comma separated ``name:base64(32 bytes)``. The first one encrypts, all of them decrypt.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
BASE_URL = env.str("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[BASE_URL])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_cotton",
    "django_structlog",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "core",
    "accounts",
    "crm",
    "qbo_connector",
    "invoices",
    "sync",
    "workflows",
    "reports",
    "api",
    "crm_sync",
]
MIDDLEWARE = [
    "core.metrics.requests.RequestSecondsMiddleware",
    "core.audit.middleware.AuditMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Before the files, so that these carry the policy too.
    "csp.middleware.CSPMiddleware",
    "core.middleware.KnownMethodsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # After the files, which were compressed when they were collected; around all that writes into pages.
    "core.compressing.CompressedPagesMiddleware",
    "core.middleware.UnstoredMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.TwoFactorRequiredMiddleware",
    "accounts.middleware.SessionSeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.RequestLogMiddleware",
    "core.middleware.UserTimeZoneMiddleware",
    "core.middleware.PropertiesMiddleware",
    "core.middleware.FragmentMiddleware",
]
ROOT_URLCONF = "crm_sync.urls"
WSGI_APPLICATION = "crm_sync.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.shell",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django_cotton.cotton_loader.Loader", "django.template.loaders.filesystem.Loader"],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "core.templatetags.shell"],
        },
    }
]
COTTON_DIR = "cotton"

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://crm@/crm")}
DATABASES["default"].update(CONN_MAX_AGE=env.int("DATABASE_CONN_MAX_AGE", 60), CONN_HEALTH_CHECKS=True)
# A server that is not there is noticed soon; DATABASE_URL may say otherwise.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)
# A standby that follows by itself answers reports: nothing is written to it.
if standby := env.str("STANDBY_DATABASE_URL", ""):
    DATABASES["standby"] = {**DATABASES["default"], **env.db_url_config(standby)}
DATABASE_ROUTERS = ["core.standby.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
REDIS_KEY_PREFIX = env.str("REDIS_KEY_PREFIX", "crm")
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_KEY_PREFIX,
    }
}

CELERY_BROKER_URL = celery_broker_url(REDIS_URL)
CELERY_TASK_DEFAULT_QUEUE = f"{REDIS_KEY_PREFIX}:default"
# Thousands of records on their way through workflows stand in a line of their own, with all messages about many records
# at once: a worker serves the lines in turn, and a large installation gives this one a worker (-Q).
WORKFLOW_QUEUE = f"{REDIS_KEY_PREFIX}:workflows"
# Whether a worker lives must show however long the lines of work are.
HEARTBEAT_QUEUE = f"{REDIS_KEY_PREFIX}:heartbeat"
CELERY_TASK_QUEUES = [Queue(name) for name in (CELERY_TASK_DEFAULT_QUEUE, WORKFLOW_QUEUE, HEARTBEAT_QUEUE)]
CELERY_TASK_ROUTES = {
    "workflows.advance": {"queue": WORKFLOW_QUEUE},
    "workflows.enrol_existing": {"queue": WORKFLOW_QUEUE},
    "core.heartbeat": {"queue": HEARTBEAT_QUEUE},
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A killed worker's task comes back after the visibility timeout; it has to be longer than any task may run.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT,
    "unacked_restore_limit": 100,
    "global_keyprefix": f"{REDIS_KEY_PREFIX}:",
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
}
# Periods in seconds, read by crm_sync.celery: one place, so that tests and small installations can shorten them.
TICK_SECONDS = env.float("TICK_SECONDS", 5.0)
STATUS_POLL_SECONDS = env.float("STATUS_POLL_SECONDS", 600.0)
HEARTBEAT_SECONDS = env.float("HEARTBEAT_SECONDS", 10.0)
ALERT_SECONDS = env.float("ALERT_SECONDS", 60.0)
BUDGET_SECONDS = env.float("BUDGET_SECONDS", 600.0)
COUNT_SECONDS = env.float("COUNT_SECONDS", 900.0)
PRUNE_SECONDS = env.float("PRUNE_SECONDS", 3600.0)
# Days after which what nobody needs any more is deleted. Events and the rows of writes stay.
KEEP_WEBHOOKS_DAYS = env.int("KEEP_WEBHOOKS_DAYS", 30)
KEEP_RESOLVED_DAYS = env.int("KEEP_RESOLVED_DAYS", 90)
KEEP_BODIES_DAYS = env.int("KEEP_BODIES_DAYS", 90)
KEEP_USAGE_DAYS = env.int("KEEP_USAGE_DAYS", 400)
KEEP_RUNS_DAYS = env.int("KEEP_RUNS_DAYS", 365)
# Events are the audit log and the timelines of records: 0 keeps them for ever, else it is 30 days at least.
KEEP_EVENTS_DAYS = env.int("KEEP_EVENTS_DAYS", 0)
PULL_INTERVAL_SECONDS = env.int("PULL_INTERVAL_SECONDS", 0)  # 0: each connection's own setting, in minutes

QBO_ENVIRONMENT = env.str("QBO_ENVIRONMENT", "sandbox")
QBO_SIMULATOR_URL = env.str("QBO_SIMULATOR_URL", "http://127.0.0.1:8100")
_quickbooks = quickbooks_addresses(QBO_ENVIRONMENT, QBO_SIMULATOR_URL)
QBO_API_URL = env.str("QBO_API_URL", _quickbooks["api"])
QBO_DISCOVERY_URL = env.str("QBO_DISCOVERY_URL", _quickbooks["discovery"])
QBO_INVOICE_PAGE = env.str("QBO_INVOICE_PAGE", _quickbooks["invoice"])
QBO_CUSTOMER_PAGE = env.str("QBO_CUSTOMER_PAGE", _quickbooks["customer"])
QBO_CLIENT_ID = env.str("QBO_CLIENT_ID", "")
QBO_CLIENT_SECRET = env.str("QBO_CLIENT_SECRET", "")
QBO_WEBHOOK_VERIFIER = env.str("QBO_WEBHOOK_VERIFIER", "")
QBO_CONNECT_TIMEOUT = env.float("QBO_CONNECT_TIMEOUT", 5.0)
QBO_READ_TIMEOUT = env.float("QBO_READ_TIMEOUT", 40.0)
QBO_INTERACTIVE_TIMEOUT = env.float("QBO_INTERACTIVE_TIMEOUT", 10.0)
# QuickBooks allows a company 10 requests a second, 500 a minute, 10 at once and 40 batches a minute.
QBO_LIMITS = {"second": 9, "minute": 475, "at_once": 9, "batches": 38}
QBO_LIMITER_COLD_START = env.bool("QBO_LIMITER_COLD_START", True)
LEASE_SECONDS = env.int("LEASE_SECONDS", 150)  # longer than CELERY_TASK_TIME_LIMIT
# How long QuickBooks is trusted to remember a requestid; Intuit does not document it.
QBO_REQUESTID_SECONDS = env.int("QBO_REQUESTID_SECONDS", 24 * 3600)

# smtp://user:password@host:port (smtp+tls, smtp+ssl); without it e-mails go to the log.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "crm-sync@localhost")

EVENT_HANDLERS = "crm_sync.wiring.EVENT_HANDLERS"
ACCOUNTING = "sync.accounting.QuickBooksAccounting"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.RoleBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.leaked.LeakedPasswordValidator"},
    {"NAME": "accounts.context_words.ContextWordsValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
# django-allauth signs people in; what it may do is in accounts/adapters.py and accounts/allauth_urls.py.
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
# Codes of the second factor and asking again for the password; sign-in itself is limited in accounts/attempts.py.
ACCOUNT_RATE_LIMITS = {"login_failed": "60/m/ip,5/5m/key", "reauthenticate": "10/m/user"}
MFA_ADAPTER = "accounts.adapters.TwoFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
# An identity provider of the company's own, over OpenID Connect (accounts/oidc); without OIDC_ISSUER there is none.
OIDC_ISSUER = env.str("OIDC_ISSUER", "")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", "")
OIDC_NAME = env.str("OIDC_NAME", "single sign-on")
OIDC_ONLY = env.bool("OIDC_ONLY", False)
OIDC_SIGN_UP_ROLE = env.str("OIDC_SIGN_UP_ROLE", "")
OIDC_TRUST_SECOND_FACTOR = env.bool("OIDC_TRUST_SECOND_FACTOR", False)
SOCIALACCOUNT_ADAPTER = "accounts.adapters.ProviderAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "core:home"
LOGOUT_REDIRECT_URL = "accounts:login"

# A deal's or quote's editor sends a handful of fields for each of its lines.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", "English (US)"), ("en-gb", "English (UK)")]
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = "core.formats"
USE_TZ = True
CRM_CURRENCY = env.str("CRM_CURRENCY", "USD")

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str("STATICFILES_BACKEND", "whitenoise.storage.CompressedManifestStaticFilesStorage")
    },
}
# Hosts inside the network that workflows may send requests to; administrators add further ones in the settings.
OUTGOING_ALLOWED_HOSTS = env.list("OUTGOING_ALLOWED_HOSTS", default=[])
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 600)
FILE_LIMIT_MB = env.int("FILE_LIMIT_MB", 20)
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))

SECURE_COOKIES = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_SECURE = SECURE_COOKIES
if SECURE_COOKIES:
    # Browsers take these names only over https, for this host alone and for all of it.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# A session ends when it was not used for so long, and in any case after its longest life; see accounts/sessions.py.
SESSION_IDLE_HOURS = env.float("SESSION_IDLE_HOURS", 12.0)
SESSION_LONGEST_HOURS = env.float("SESSION_LONGEST_HOURS", 168.0)
SESSION_COOKIE_AGE = int(SESSION_LONGEST_HOURS * 3600)
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True  # pages carry the token in their forms and in htmx's headers
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", SECURE_COOKIES)
# Asked inside the network, without a proxy between.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if SECURE_COOKIES else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_COOKIES
SECURE_HSTS_PRELOAD = SECURE_COOKIES
SECURE_REFERRER_POLICY = "same-origin"
BEHIND_PROXY = env.bool("BEHIND_PROXY", False)
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
DEFAULT_EXCEPTION_REPORTER_FILTER = "core.debugging.ValuesHidden"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Tabler's stylesheet carries its form marks as data images
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "object-src": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Every refusal of the API is made by api.dispatch; nothing of this framework's own pages is used.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_FORMAT = env.str("LOG_FORMAT", "json")
# A header that the proxy sets itself, with the id of a request; empty: each request gets an id of ours.
REQUEST_ID_HEADER = env.str("REQUEST_ID_HEADER", "")
# A task carries the id of the request that asked for it.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
# Some tasks run every few seconds: only what goes wrong is told.
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_FAILURE_LOG_LEVEL = logging.ERROR
# Also of messages that waited longer than their period and were dropped: another one follows.
DJANGO_STRUCTLOG_CELERY_TASK_RETRY_LOG_LEVEL = logging.INFO
# Errors are told to Sentry only where its address is set, and without anybody's data.
SENTRY_DSN = env.str("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", "production")
LOGGING = logs.configure(
    LOG_LEVEL, LOG_FORMAT, more_handlers={"sentry": "crm_sync.sentry.LogHandler"} if SENTRY_DSN else {}
)
if SENTRY_DSN:
    import_module("crm_sync.sentry").start(SENTRY_DSN, environment=SENTRY_ENVIRONMENT)
# Figures for Prometheus under /metrics: for whoever has the token, or asks from these networks. Neither: off.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
METRICS_ALLOWED = env.list("METRICS_ALLOWED", default=[])
