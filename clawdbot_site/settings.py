"""Django settings, all derived from the typed `Config` (see config.py)."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import django_stubs_ext

from clawdbot import home_swap, tracing
from clawdbot_site import api, encrypted_rows, keys, login, logs, places, storage
from clawdbot_site.loading import load
from clawdbot_site.sources import ConfigError, config_file
from clawdbot_site.unfold import UNFOLD as UNFOLD

# Makes type parameters such as `ModelForm[Channel]` valid at run time.
django_stubs_ext.monkeypatch()

try:
    CLAWDBOT = load()
    HOME = CLAWDBOT.home
    HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
    home_swap.finish(HOME)  # of a restore that was killed
    SECRET_KEY, *SECRET_KEY_FALLBACKS = keys.signing_keys(HOME)
    DATABASES = storage.databases(CLAWDBOT)
    MEMORY_MONGODB = storage.mongodb(CLAWDBOT)
    keys.configure_encryption(HOME, partial(encrypted_rows.present, DATABASES["default"]))
except ConfigError as _error:
    # manage.py, ASGI server and Celery all import this module first, so all print one line and exit with code 1.
    raise SystemExit(f"clawdbot: {_error}") from None
except OSError as _error:
    raise SystemExit(f"clawdbot: environment: CLAWDBOT_HOME: {_error.filename}: {_error.strerror}") from None

BASE_DIR = places.BASE_DIR
# Starts another process of the product: the name of a command and its options follow.
COMMAND = places.command()
PRESETS = places.PRESETS
INSTALLED = places.INSTALLED
# Packages of skills that an operator puts there are found by every process, whatever its working directory. At the
# end of the path, so that none of them replaces a module of the product or of a library.
SKILLS_FOLDER = HOME / "skills"
if str(SKILLS_FOLDER) not in sys.path:
    sys.path.append(str(SKILLS_FOLDER))
# In a checkout, where `manage.py` is run: beside the packages, which is on the path, too.
NEW_SKILLS_FOLDER = str(SKILLS_FOLDER) if places.INSTALLED else "."
# A backup takes it along.
CONFIG_FILE = config_file()
DEBUG = CLAWDBOT.debug

_public = urlsplit(CLAWDBOT.web.public_url)
ALLOWED_HOSTS = [*CLAWDBOT.web.allowed_hosts, *([_public.hostname] if _public.hostname else [])]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if _public.netloc else []

# HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = CLAWDBOT.web.https
# Probes and scrapers connect directly, without the proxy that terminates TLS.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = CLAWDBOT.web.hsts_seconds if CLAWDBOT.web.https else 0
# HSTS for subdomains and preloading affect other sites of the operator's domain; the operator decides about them.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CLAWDBOT.web.behind_proxy else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_NAME = "clawdbot_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# The embeddable chat page has its own policy, for the origins of its bot; bots.edge.content_policy adds what the admin
# needs.
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
    }
}

INSTALLED_APPS = [
    "clawdbot_site.apps.SiteConfig",  # first: its commands replace those of Django's apps
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "django_celery_beat",
    "bots",
    "memory",
    "skills",
    "axes",
]
MIDDLEWARE = [
    "bots.edge.request_id_middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "bots.edge.content_policy.ContentPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "bots.edge.time_zone_middleware.AdminTimeZoneMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bots.edge.login_throttle.LoginThrottleMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "clawdbot_site.urls"
# A log-in without a `next` page leads to the dashboard.
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
ASGI_APPLICATION = "clawdbot_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [places.TEMPLATES],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"program": "bots.i18n.template_tags"},
        },
    }
]
AUTHENTICATION_BACKENDS = login.AUTHENTICATION_BACKENDS
AUTH_PASSWORD_VALIDATORS = login.AUTH_PASSWORD_VALIDATORS
globals().update(login.AXES)

DATABASE_ROUTERS = ["clawdbot_site.routers.MemoryRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": storage.cache(CLAWDBOT.redis_url)}
CHANNEL_LAYERS = {"default": storage.channel_layer(CLAWDBOT.redis_url)}

# The database row holds the state and a task is only a wake-up: no results are stored, and the next sweep replaces a
# lost task.
CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS, CELERY_BROKER_USE_SSL = storage.queue(CLAWDBOT.redis_url)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a broker may be away for days
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # nothing to clean up
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_DEFAULT_QUEUE = "bots"
# The web process runs web-chat turns itself, because they stream tokens to its sockets.
CELERY_TASK_QUEUES_LIVE = "live"
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = CLAWDBOT.worker.threads
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
# Worker threads keep their SQLite connections between tasks: opening one costs more than most tasks. PostgreSQL
# connections return to their pool, which checks them.
CELERY_DB_REUSE_MAX = 0 if CLAWDBOT.database_url.startswith("postgres") else 10**12
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "clawdbot_site.scheduler:SeededScheduler"
# Stored at the first start of beat; an existing row belongs to the operator (clawdbot_site.scheduler).
CELERY_BEAT_SCHEDULE = {
    # A late sweep is useless because the next one does its work; expiry stops sweeps from piling up without workers.
    # The key is the one of django-celery-beat, which ignores Celery's "expires".
    "bots.sweep": {"task": "bots.sweep", "schedule": timedelta(seconds=5), "options": {"expire_seconds": 60}},
    "memory.index_sweep": {
        "task": "memory.index_sweep",
        "schedule": timedelta(minutes=10),
        "options": {"expire_seconds": 600},
    },
    # Embeds what was missed while an embedder or the broker was down; usually each turn starts the task itself.
    "memory.embed_pending": {
        "task": "memory.embed_pending",
        "schedule": timedelta(seconds=30),
        "options": {"expire_seconds": 120},
    },
    "bots.summarize": {
        "task": "bots.summarize",
        "schedule": timedelta(seconds=15),
        "options": {"expire_seconds": 60},
    },
    "bots.settle_links": {
        "task": "bots.settle_links",
        "schedule": timedelta(minutes=10),
        "options": {"expire_seconds": 600},
    },
    # Daily sums of usage, reservations of killed processes, warnings of limits.
    "bots.ledger": {
        "task": "bots.ledger",
        "schedule": timedelta(seconds=30),
        "options": {"expire_seconds": 60},
    },
    # Lists the tools of MCP servers whose list is old, and reads the folder of agent skills.
    "bots.refresh_tools": {
        "task": "bots.refresh_tools",
        "schedule": timedelta(minutes=5),
        "options": {"expire_seconds": 300},
    },
    # Models that are to be kept loaded are asked for next to nothing when nobody has asked them for some minutes.
    "bots.keep_models_warm": {
        "task": "bots.keep_models_warm",
        "schedule": timedelta(minutes=1),
        "options": {"expire_seconds": 60},
    },
    "bots.forget_model_figures": {
        "task": "bots.forget_model_figures",
        "schedule": timedelta(hours=24),
        "options": {"expire_seconds": 3600},
    },
    # Evaluates the alarms, tells their targets and goes on with notices that failed.
    "bots.alarms": {
        "task": "bots.alarms",
        "schedule": timedelta(seconds=30),
        "options": {"expire_seconds": 60},
    },
    "bots.reminders_upkeep": {
        "task": "bots.reminders_upkeep",
        "schedule": timedelta(hours=24),
        "options": {"expire_seconds": 3600},
    },
    "memory.sweep_orphans": {
        "task": "memory.sweep_orphans",
        "schedule": timedelta(hours=1),
        "options": {"expire_seconds": 3600},
    },
    # Deletes finished rows that are older than their days. One run goes on until all are gone.
    "bots.retention": {
        "task": "bots.retention",
        "schedule": timedelta(hours=6),
        "options": {"expire_seconds": 3600},
    },
    # Looks at the size of SQLite's write-ahead logs.
    "bots.checkpoint": {
        "task": "bots.checkpoint",
        "schedule": timedelta(minutes=1),
        "options": {"expire_seconds": 60},
    },
    # Makes the daily backup when `backup.at` has passed and today's is missing.
    "bots.backup": {
        "task": "bots.backup",
        "schedule": timedelta(minutes=1),
        "options": {"expire_seconds": 60},
    },
}

LANGUAGE_CODE = CLAWDBOT.language
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [places.LOCALE]
USE_I18N = True
USE_TZ = True
TIME_ZONE = CLAWDBOT.time_zone

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "uploads": storage.files(CLAWDBOT.uploads, HOME),
}
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [places.TEMPLATES / "static"]
# Serves static files from their sources, so collectstatic is not needed.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

LOGGING = logs.configuration(CLAWDBOT.log.level, CLAWDBOT.log.format, DEBUG)

REST_FRAMEWORK = api.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api.SPECTACULAR_SETTINGS

tracing.configure(CLAWDBOT.otel.endpoint, CLAWDBOT.otel.headers.get_secret_value(), CLAWDBOT.otel.sample_ratio)

# Mail is sent for alarms alone.
EMAIL_HOST, EMAIL_PORT = CLAWDBOT.mail.host, CLAWDBOT.mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = CLAWDBOT.mail.user, CLAWDBOT.mail.password.get_secret_value()
EMAIL_USE_TLS, EMAIL_USE_SSL = CLAWDBOT.mail.security == "starttls", CLAWDBOT.mail.security == "tls"
DEFAULT_FROM_EMAIL = CLAWDBOT.mail.sender

# Every process writes its counters there and the web process adds them up. prometheus_client reads the variable at its
# import, which happens later.
METRICS_DIRECTORY = HOME / "metrics"
METRICS_DIRECTORY.mkdir(mode=0o700, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIRECTORY)
