"""Connects a model: presets, the models of an endpoint, a test before saving, servers of this machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from bots.i18n.failure_texts import describe, labelled
from bots.llm import connection_causes, embedded_discovery, known_models, local_servers, model_list, presets
from bots.llm.connection_test import QUESTION, ask_provider
from bots.llm.errors import ProviderError
from bots.llm.known_models import KnownModel
from bots.llm.local_servers import LocalServer
from bots.llm.model_list import ListedModel
from bots.llm.presets import PRESETS, Preset
from bots.models import Bot, ModelProvider
from bots.operations import address_rules, entered_keys
from bots.operations.configuration_log import COMMAND
from bots.operations.connection_mends import mend
from bots.operations.errors import OperationError
from bots.operations.providers import normal_endpoint
from bots.operations.row_changes import insert_provider
from clawdbot.http.addresses import origin
from clawdbot.reasons import Why, why

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

__all__ = ["PRESETS", "Draft", "ListedModel", "LocalServer", "Models", "Preset", "Trial", "known", "preset"]

LONGEST_QUESTION = 500
_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has entered. None means: as the endpoint, the price list or the preset says."""

    preset: Preset
    endpoint: str = ""
    model: str = ""
    api_key: str = field(default="", repr=False)
    name: str = ""
    context_tokens: int | None = None
    input_price: Decimal | None = None
    output_price: Decimal | None = None
    can_see: bool | None = None
    priority: int | None = None
    kind: str = ModelProvider.Kind.CHAT
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Models:
    """The models of an endpoint, or why it lists none (`text`) and what to do (`mend`)."""

    ok: bool
    models: tuple[ListedModel, ...] = ()
    text: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome of a test: the answer in `text` with its figures, or the failure in `text` and a `mend`."""

    ok: bool
    text: str
    mend: str = ""
    model: str = ""
    ms: int = 0
    first_token_ms: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)


def preset(key: str) -> Preset:
    """Returns the preset with this key.

    Raises:
        OperationError: There is none.
    """
    found = presets.by_key(key.strip().lower())
    if found is None:
        values = {"name": key, "known": ", ".join(one.key for one in PRESETS)}
        raise OperationError(_("There is no preset %(name)s; known: %(known)s.") % values)
    return found


def known(chosen: Preset, model: str) -> KnownModel | None:
    """Returns price and context window of a hosted model as the price list has them."""
    return known_models.find(chosen.prices, model.strip())


def endpoint_of(draft: Draft) -> str:
    """Returns the base address.

    Raises:
        OperationError: It cannot be used, or a part of the preset's address has to be replaced.
    """
    endpoint = draft.endpoint.strip() or draft.preset.endpoints[0]
    if not endpoint:
        raise OperationError(_("Enter the address of the endpoint."))
    if "RESOURCE" in endpoint:
        raise OperationError(_("Replace RESOURCE in the address by the name of your resource."))
    try:
        return normal_endpoint(endpoint)
    except OperationError as error:
        raise OperationError(labelled(_("endpoint"), str(error))) from None


def list_models(draft: Draft, actor: Actor) -> Models:
    """Asks the endpoint for its models.

    Raises:
        OperationError: The address or key cannot be used, or this user may not reach it.
    """
    endpoint, key = endpoint_of(draft), entered_keys.sendable(draft.api_key)
    public_only = bool(address_rules.check_endpoint("", endpoint, actor, keeps_key=False))
    return _listed(endpoint, key, draft.preset.protocol, public_only)


def models_of(provider: ModelProvider) -> Models:
    """Asks the endpoint of a provider for its models, with the stored key."""
    return _listed(provider.endpoint, provider.api_key, provider.protocol, provider.public_only)


def _listed(endpoint: str, key: str, protocol: str, public_only: bool) -> Models:
    try:
        models = model_list.fetch(endpoint, key, protocol=protocol, public_only=public_only)
    except ProviderError as error:
        reason = connection_causes.refined(why(error), endpoint, public_only=public_only)
        return Models(False, text=describe(reason), mend=_mend(reason, endpoint))
    if not models:
        told = _("The endpoint answers, but has no models.")
        return Models(False, text=told, mend=_("Load a model there (Ollama: “ollama pull NAME”), or enter its name."))
    return Models(True, models)


def _mend(reason: Why, endpoint: str) -> str:
    return mend(reason) or (_("Check the address and the network.") if urlsplit(endpoint).hostname else "")


def try_model(draft: Draft, actor: Actor, question: str = "") -> Trial:
    """Asks the model one question without saving anything.

    Raises:
        OperationError: A value cannot be used, or this user may not reach the address.
    """
    row = _row(draft, actor)
    row.public_only = bool(address_rules.check_endpoint("", row.endpoint, actor, keeps_key=False))
    result = ask_provider(row, question.strip()[:LONGEST_QUESTION] or QUESTION, streamed=True)
    if not result.ok:
        return Trial(False, describe(result.text), _mend(result.text, row.endpoint), ms=result.ms)
    return Trial(
        True,
        describe(result.text),
        model=result.model,
        ms=result.ms,
        first_token_ms=result.first_token_ms,
        prompt_tokens=result.prompt_tokens,
        completion_tokens=result.completion_tokens,
        cost=result.cost,
    )


def save(draft: Draft, actor: Actor = COMMAND) -> ModelProvider:
    """Adds the provider; bots use it from the next message on.

    Raises:
        OperationError: A value is missing or invalid, or the name is taken.
    """
    return insert_provider(_row(draft, actor), actor)


def _row(draft: Draft, actor: Actor) -> ModelProvider:
    endpoint, model = endpoint_of(draft), draft.model.strip() or draft.preset.model
    if not model:
        raise OperationError(_("Choose a model."))
    key = entered_keys.sendable(draft.api_key)
    if not key and draft.preset.needs_key and endpoint in draft.preset.endpoints:
        raise OperationError(_("Enter the API key: %(name)s answers nobody without one.") % {"name": draft.preset.name})
    found = known(draft.preset, model)
    row = ModelProvider(
        name=draft.name.strip() or _free_name(draft.preset),
        endpoint=endpoint,
        model=model,
        protocol=draft.preset.protocol,
        kind=draft.kind,
        voice=draft.voice,
        can_see=draft.preset.can_see if draft.can_see is None else draft.can_see,
        context_tokens=draft.context_tokens or (found.context_tokens if found else 0) or draft.preset.context_tokens,
        input_price=_first(draft.input_price, found.input_price if found else None),
        output_price=_first(draft.output_price, found.output_price if found else None),
    )
    if found is not None and draft.input_price is None:
        row.cached_input_price = found.cached_input_price
    row.api_key = key
    if draft.priority is not None:
        row.priority = draft.priority
    return row


def _first(*amounts: Decimal | None) -> Decimal:
    return next((amount for amount in amounts if amount is not None), Decimal(0))


def _free_name(chosen: Preset) -> str:
    taken = set(ModelProvider.objects.values_list("name", flat=True))
    names = (chosen.key if number == 1 else f"{chosen.key}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def servers_of_this_machine(actor: Actor) -> tuple[LocalServer, ...]:
    """Looks for model servers on the usual ports of this machine that no provider uses yet.

    They are in a private network, so only those who may enter such addresses get any.
    """
    if not address_rules.may_reach_private(actor):
        return ()
    used = {origin(endpoint) for endpoint in ModelProvider.objects.values_list("endpoint", flat=True)}
    used |= {origin(one.url) for one in (embedded_discovery.find(),) if one is not None}
    return tuple(server for server in local_servers.find() if not _names_of(server.endpoint) & used)


def _names_of(endpoint: str) -> set[str]:
    port = urlsplit(endpoint).port
    return {origin(f"http://{f'[{host}]' if ':' in host else host}:{port}") for host in _LOCAL}


def bots_that_use(provider: ModelProvider, among: Iterable[int] | None = None) -> list[str]:
    """Returns the names of the enabled bots that ask this provider: those with a list of models need a line of it.

    Args:
        provider: A saved provider.
        among: Ids of the bots that may be named; None for all.
    """
    rows = Bot.objects.enabled()
    if among is not None:
        rows = rows.filter(pk__in=among)
    own_order = rows.filter(providers__use="any").values("pk")
    asks = rows.exclude(pk__in=own_order) | rows.filter(providers__provider=provider)
    return list(asks.distinct().order_by("name").values_list("name", flat=True))
