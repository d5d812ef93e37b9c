"""Calls `execute` of a skill: with its services, within its time limit, and with its writes only if it succeeds."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from clawdbot import http
from clawdbot.address_values import addresses_in
from clawdbot.redaction import redact
from clawdbot.skills import SkillError, answers
from clawdbot.skills.context import MISSING, Context, Services
from clawdbot.skills.guarded_http import GuardedHttp
from clawdbot.storable_text import storable
from skills import catalogue, health, limits, parameters, registry
from skills.catalogue import Entry

logger = logging.getLogger(__name__)


def call(entry: Entry, values: Mapping[str, Any], context: Mapping[str, Any], **more: Any) -> answers.Read:
    """Runs the skill and returns its answer.

    Args:
        entry: The skill.
        values: The checked parameters.
        context: What the caller knows of the turn; a `Context` lends its services.
        more: Further values of the context.

    Raises:
        SkillError: The skill says why it cannot answer.
        skills.limits.TooSlow: It exceeded its time limit.
        skills.registry.SkillUnavailable: Its class cannot be loaded.
        Exception: Whatever else it raises.
    """
    try:
        answer = _call(entry, values, context, **more)
    except (SkillError, parameters.Missing, registry.SkillUnavailable):
        _note(entry, "")
        raise
    except Exception as error:
        _note(entry, redact(f"{type(error).__name__}: {storable(str(error))}"))
        raise
    _note(entry, "")
    return answer


def _call(entry: Entry, values: Mapping[str, Any], context: Mapping[str, Any], **more: Any) -> answers.Read:
    language = str(context.get("language", "en"))
    full = bound(entry, values, context, **more)
    skill = registry.load(entry.module)()
    by_name = registry.declared(entry.module).by_name
    answer = limits.call(
        lambda: _execute(skill, full, entry.public_only, by_name), entry.skill_id, entry.timeout_s, language
    )
    read = answers.read(answer)
    full.services.commit()
    return read


def _note(entry: Entry, error: str) -> None:
    """Counts a failure. A sentence for the person is none, and a missing parameter is only a question."""
    if not error:
        if entry.failing:
            health.worked(entry.bot_id, entry.skill_id)
    elif health.failed(entry.bot_id, entry.skill_id, error):
        catalogue.clear_cache()
        logger.error("skill %s is switched off for bot %s: it failed too often: %s", entry.name, entry.bot_id, error)


def preview(entry: Entry, values: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """Returns what a call would do, in the person's language; "" when the skill does not say it. Never raises."""
    language = str(context.get("language", "en"))
    full = bound(entry, values, context)
    try:
        skill = registry.load(entry.module)()
        told = getattr(skill, "preview", None)
        if not callable(told):
            return ""
        limit_s = min(entry.timeout_s, 3.0)
        return storable(str(limits.call(lambda: told(full), entry.skill_id, limit_s, language) or "")).strip()
    except Exception:  # third-party code; the parameters are shown instead
        return ""


def bound(entry: Entry, values: Mapping[str, Any], context: Mapping[str, Any], **more: Any) -> Context:
    """Returns the context of one call, with what belongs to this skill."""
    services = context.services if isinstance(context, Context) else Services()
    own: dict[str, Any] = {"deadline_s": entry.timeout_s, "secrets": {**services.secrets, **entry.secrets}}
    if services.http is MISSING:
        own["http"] = GuardedHttp(entry.timeout_s, () if entry.public_only else addresses_in(entry.config).values())
    given = {**context, **more, "parameters": values, "config": dict(entry.config)}
    return Context(given, replace(services, **own))


def _execute(skill: Any, context: Context, public_only: bool, by_name: bool) -> Any:
    arguments = dict(context.parameters) if by_name else {}
    with http.public_hosts_only() if public_only else contextlib.nullcontext():
        answer = skill.execute(context, **arguments)
        if inspect.isawaitable(answer) or inspect.isasyncgen(answer):
            with _only_error():
                return asyncio.run(_awaited(answer))
        return list(islice(answer, answers.MOST_PARTS + 1)) if inspect.isgenerator(answer) else answer


@contextlib.contextmanager
def _only_error() -> Iterator[None]:
    """Raises the only error of a task group itself, so that a sentence for the person reaches them, and a reason us."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        raise error from None


async def _awaited(answer: Any) -> Any:
    if not inspect.isasyncgen(answer):
        return await answer
    parts: list[Any] = []
    async for part in answer:
        parts.append(part)
        if len(parts) > answers.MOST_PARTS:
            break
    return parts
