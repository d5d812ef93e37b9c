"""Django settings, derived from the typed `Config` (see config.py) and nothing else."""

from __future__ import annotations

import secrets as _secrets
from pathlib import Path
from typing import Any

import dj_database_url

from clawdbot_site.config import load

CLAWDBOT = load()
BASE_DIR = Path(__file__).resolve().parent.parent
HOME = CLAWDBOT.home.resolve()
HOME.mkdir(parents=True, exist_ok=True, mode=0o700)


def _key(name: str) -> str:
    path = HOME / "keys" / name
    path.parent.mkdir(exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(_secrets.token_urlsafe(50))
    return path.read_text().strip()


SECRET_KEY = _key("django.key")
DEBUG = CLAWDBOT.debug
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "daphne",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "channels",
    "django_celery_beat",
    "bots",
    "memory",
    "skills",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "clawdbot_site.urls"
ASGI_APPLICATION = "clawdbot_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database() -> dict[str, Any]:
    if CLAWDBOT.database_url:
        found = dict(dj_database_url.parse(CLAWDBOT.database_url))
        if "postgresql" in str(found["ENGINE"]):
            # Web requests run on short-lived threads under ASGI, so connections are pooled per process.
            found.setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 16, "timeout": 20}
        return found
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": HOME / "clawdbot.sqlite3",
        # IMMEDIATE takes the write lock at BEGIN, so a transaction waits its turn instead of failing half way;
        # WAL lets readers go on meanwhile; FULL makes a commit survive a power cut.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;",
        },
        "TEST": {"NAME": HOME / "test.sqlite3"},
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if CLAWDBOT.redis_url:
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [CLAWDBOT.redis_url]}}
    }
    CELERY_BROKER_URL = CLAWDBOT.redis_url
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CLAWDBOT.redis_url}}
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 5000}}}
    CELERY_BROKER_URL = "filesystem://"
    for _folder in ("tasks", "control", "done"):
        (HOME / "queue" / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "polling_interval": 0.01,
        "data_folder_in": str(HOME / "queue" / "tasks"),
        "data_folder_out": str(HOME / "queue" / "tasks"),
        "control_folder": str(HOME / "queue" / "control"),
        "processed_folder": str(HOME / "queue" / "done"),
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# The database row is the truth and a task only a wake-up: no results are kept and a lost task costs one sweep.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "bots"
# Web-chat turns stream tokens to sockets of the web process, so it runs them itself.
CELERY_TASK_QUEUES_LIVE = "live"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"

LANGUAGE_CODE = CLAWDBOT.language
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = CLAWDBOT.time_zone
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]

REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
