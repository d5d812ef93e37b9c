"""Stores flows: checks definitions and the addresses in them, and counts versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from bots.i18n.failure_texts import describe_error
from bots.models import Bot
from bots.operations import address_rules, configuration_log
from bots.operations.errors import OperationError
from clawdbot.flows import Act, Flow, FlowError, from_dict
from skills import flows
from skills.flow_templates import TEMPLATES
from skills.models import FlowDefinition
from skills.models.flow import form_of, new_secret

if TYPE_CHECKING:
    from bots.people.audit_log import Actor


def checked(definition: Any, name: str, triggers: Any, version: int = 1) -> Flow:
    """Returns the flow of a definition.

    Raises:
        OperationError: It is wrong; the text, in the active language, says where and why.
    """
    try:
        return from_dict(form_of(definition, name, triggers, version))
    except FlowError as error:
        raise OperationError(describe_error(error)) from None


def check_addresses(before: Any, after: Flow, actor: Actor) -> bool | None:
    """Checks the addresses of webhooks in a changed flow.

    Args:
        before: The stored definition; {} for a new flow.
        after: The flow to store.
        actor: Who changes it.

    Returns:
        The new value of `public_only`; None when no address is new, and the value stays.

    Raises:
        OperationError: Only a superuser may enter this address.
    """
    steps = before.get("steps", ()) if isinstance(before, dict) else ()
    known = {str(step.get("url", "")) for step in steps if isinstance(step, dict)}
    entered = {step.url for step in after.steps if isinstance(step, Act) and step.do == "webhook"} - known
    if not entered:
        return None
    if address_rules.may_reach_private(actor):
        return False
    if address_rules.any_private(entered):
        raise OperationError(_("An address is in a private network: only a superuser may enter it."))
    return True


def renew(row: FlowDefinition, before: FlowDefinition | None) -> None:
    """Prepares a row to be saved: a new version when steps or texts differ, and a secret at its first webhook."""
    if before is not None and before.definition != row.definition:
        row.version = before.version + 1
    if not row.secret_encrypted and posts(row.flow()):
        row.secret = new_secret()


def posts(flow: Flow) -> bool:
    """Returns whether a flow posts to a webhook."""
    return any(isinstance(step, Act) and step.do == "webhook" for step in flow.steps)


def add_template(name: str, bots: list[Bot], actor: Actor) -> FlowDefinition:
    """Adds one of the example flows to bots, switched off, under a name that is free.

    Raises:
        OperationError: There is no such example.
    """
    if name not in TEMPLATES:
        raise OperationError(_("There is no example called %(name)s.") % {"name": name})
    triggers, definition = TEMPLATES[name]
    with transaction.atomic():
        taken = set(FlowDefinition.objects.filter(name__startswith=name).values_list("name", flat=True))
        free = next(one for one in (name, *(f"{name}-{n}" for n in range(2, 1000))) if one not in taken)
        row = FlowDefinition(name=free, enabled=False, triggers=list(triggers), definition=definition)
        renew(row, None)
        row.save()
        row.bots.set(bots)
        configuration_log.record(configuration_log.Action.ADDED, row, actor, ["definition", "triggers"])
    flows.clear_cache()
    return row
