"""Sets up a new installation: an administrator, a demo bot, and the rows that the YAML file names."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from bots.i18n.program import as_typed
from bots.models import Bot, ModelProvider
from bots.operations import configuration_log
from bots.operations.bots import add_bot
from bots.operations.errors import OperationError
from bots.operations.providers import add_provider, first_model
from bots.operations.web_channels import ensure_web_channel
from memory.embedders.choice import seed as seed_embedder
from memory.storage import wakeups as memory_wakeup
from skills.seed import seed as seed_skills
from skills.seed import seed_built_in

logger = logging.getLogger(__name__)

DEMO_SLUG = "demo"
_INSTRUCTIONS = "You are a friendly, helpful assistant. Answer briefly. Use what you remember about the person."


@dataclass(frozen=True, slots=True)
class FirstStart:
    """The administrator that `bootstrap` found or created.

    Attributes:
        user: Name of the administrator.
        password: The generated first password while it is still valid, else empty.
    """

    user: str
    password: str


def bootstrap() -> FirstStart:
    """Creates what is missing. Idempotent, so every start calls it.

    Raises:
        OperationError: When the configuration cannot be seeded.
    """
    fresh = not _has_consolidation()
    user, password = _administrator()
    if not Bot.objects.exists():
        ensure_web_channel(add_bot(DEMO_SLUG, "Clawdbot", instructions=_INSTRUCTIONS))
    _seed_provider()
    seed_embedder()
    seed_skills(settings.CLAWDBOT.skills)
    if fresh:
        seed_built_in()
    ensure_consolidation()  # last: its schedule marks an installation that is set up
    return FirstStart(user, password)


def ensure_consolidation() -> None:
    """Schedules `memory optimize` every night unless a schedule exists; the admin can change or disable it."""
    if _has_consolidation():
        return
    night, _made = CrontabSchedule.objects.get_or_create(
        minute="30", hour="3", day_of_week="*", day_of_month="*", month_of_year="*", timezone=settings.TIME_ZONE
    )
    PeriodicTask.objects.get_or_create(
        name=memory_wakeup.OPTIMIZE,
        # A run that is 12 hours late expires; the next night's run covers its work.
        defaults={"task": memory_wakeup.OPTIMIZE, "crontab": night, "expire_seconds": 12 * 3600},
    )


def _has_consolidation() -> bool:
    return bool(PeriodicTask.objects.filter(task=memory_wakeup.OPTIMIZE).exists())


def announcement(first: FirstStart) -> list[str]:
    """Returns the lines that tell the operator how to log in."""
    if first.password:
        return [
            _("Admin user: %(user)s") % {"user": first.user},
            _("Admin password: %(password)s") % {"password": first.password},
        ]
    hint = _("Admin user: %(user)s (forgot the password? python manage.py changepassword %(user)s)")
    return [as_typed(hint % {"user": first.user})]


def _password_file() -> Path:
    return Path(settings.CLAWDBOT.home) / "keys" / "admin-password"


def _administrator() -> tuple[str, str]:
    found = User.objects.filter(is_superuser=True).order_by("pk").first()
    if found is None:
        return _new_administrator()
    return found.get_username(), _first_password(found)


def _new_administrator() -> tuple[str, str]:
    config = settings.CLAWDBOT.admin
    chosen = config.password.get_secret_value()
    if chosen:
        _check_password(chosen, config.user)
    password = chosen or secrets.token_urlsafe(12)
    with transaction.atomic():
        user = User.objects.create_superuser(config.user, password=password)
        configuration_log.record(configuration_log.Action.ADDED, user, configuration_log.COMMAND, ["is_superuser"])
        if not chosen:
            _keep_password(password)
    return config.user, "" if chosen else password


def _check_password(password: str, name: str) -> None:
    try:
        validate_password(password, User(username=name))
    except ValidationError as error:
        raise OperationError(f"admin.password: {' '.join(error.messages)}") from None


def _keep_password(password: str) -> None:
    # The file, readable by the owner only, stays until the password is changed, so that losing the output of the first
    # start locks nobody out.
    path = _password_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(password + "\n", "utf8")


def _first_password(user: User) -> str:
    path = _password_file()
    try:
        password = path.read_text("utf8").strip()
    except OSError:
        return ""
    if user.check_password(password):
        return password
    path.unlink(missing_ok=True)
    return ""


def _seed_provider() -> None:
    config = settings.CLAWDBOT.model_provider
    if not config.endpoint or ModelProvider.objects.chat().exists():
        return
    key = config.api_key.get_secret_value()
    model = config.model or first_model(config.endpoint, key)
    try:
        add_provider("default", config.endpoint, model, api_key=key)
    except OperationError as error:
        raise OperationError(f"model_provider: {error}") from None
    logger.info("model provider taken over from the configuration")
