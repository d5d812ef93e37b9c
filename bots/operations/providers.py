"""Adds, removes and tests model providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bots import speech
from bots.llm import ProviderError, TestResult, candidates, model_list
from bots.llm import test_provider as probe
from bots.models import ModelProvider
from bots.operations import entered_keys
from bots.operations.configuration_log import COMMAND
from bots.operations.errors import OperationError
from bots.operations.row_changes import delete, insert_provider

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

__all__ = [
    "TestResult",
    "add_provider",
    "any_enabled",
    "first_model",
    "get_provider",
    "normal_endpoint",
    "remove_provider",
    "test_provider",
]


def add_provider(
    name: str,
    endpoint: str,
    model: str,
    *,
    api_key: str = "",
    priority: int | None = None,
    can_see: bool = False,
    kind: str = ModelProvider.Kind.CHAT,
    voice: str = "",
    actor: Actor = COMMAND,
) -> ModelProvider:
    """Adds an OpenAI-compatible endpoint; bots use it from the next message on.

    Args:
        name: Unique name.
        endpoint: Base URL, e.g. https://api.openai.com/v1
        model: Name of the model at the endpoint.
        api_key: Stored encrypted.
        priority: The lowest number is tried first; 100 by default.
        can_see: Whether the model accepts images.
        kind: What it does, a value of `ModelProvider.Kind`.
        voice: Of speech: the name of the voice there.
        actor: Who adds it.

    Raises:
        OperationError: The name is taken, or a value is invalid.
    """
    provider = ModelProvider(name=name, endpoint=endpoint, model=model, can_see=can_see, kind=kind, voice=voice)
    provider.api_key = entered_keys.sendable(api_key)
    if priority is not None:
        provider.priority = priority
    return insert_provider(provider, actor)


def get_provider(name: str) -> ModelProvider:
    """Returns the provider with this name.

    Raises:
        OperationError: When there is none.
    """
    found = ModelProvider.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(ModelProvider.objects.order_by("name").values_list("name", flat=True))
        values = {"name": name, "known": known or _("none")}
        raise OperationError(_("There is no provider %(name)s; known: %(known)s.") % values)
    return found


def any_enabled() -> bool:
    """Tells whether a provider other than the embedded model is enabled."""
    return bool(candidates.configured())


def remove_provider(name: str, actor: Actor = COMMAND) -> None:
    """Deletes a provider and its key.

    Raises:
        OperationError: When there is none.
    """
    delete(get_provider(name), actor)


def test_provider(provider: ModelProvider) -> TestResult:
    """Asks the provider for one word, or lets it listen or speak, and stores the outcome on its row."""
    return probe(provider) if provider.kind == ModelProvider.Kind.CHAT else speech.test_endpoint(provider)


def normal_endpoint(endpoint: str) -> str:
    """Returns the base address of an endpoint as requests need it.

    Raises:
        OperationError: It cannot be used; the text says how to write it.
    """
    try:
        return str(ModelProvider._meta.get_field("endpoint").clean(endpoint, None))
    except ValidationError as error:
        raise OperationError(" ".join(error.messages)) from None


def first_model(endpoint: str, api_key: str = "") -> str:
    """Returns the first chat model that the endpoint lists; "default" when it lists none or cannot be reached."""
    try:
        models = model_list.fetch(endpoint, api_key)
    except ProviderError:
        return "default"
    return models[0].name if models else "default"
