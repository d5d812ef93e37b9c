"""Asks an endpoint which models it has, in each of the forms in which services answer that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bots.llm import anthropic
from bots.llm.errors import ProviderError, WrongAddress
from bots.llm.sdk_errors import code_word
from clawdbot import http
from clawdbot.http import base_url
from clawdbot.reasons import Reason, Why, why

# Seconds to connect, and for the answer: a user waits for it.
TIMEOUT_S = (4.0, 8.0)
MOST = 5000
_LONGEST_NAME = 120  # of the column
_OLLAMA_PORT = 11434
_DEPLOYMENTS = {"api-version": "2022-12-01"}  # the last version in which resources list them
# Models for other things than chats; they come last.
_OTHERS = re.compile(
    r"embed|rerank|whisper|\btts|dall-e|moderation|transcri|image|imagen|veo|sora|audio|realtime|bge-|speech|wan2|flux"
    r"|davinci|babbage|stable-diffusion|cogview|cogvideo",
    re.IGNORECASE,
)
_LISTS = ("data", "models", "model_names")
_WINDOWS = (
    "context_length",
    "context_window",
    "max_context_length",
    "max_model_len",
    "max_input_tokens",
    "inputTokenLimit",
    "context_size",
)
_BY_STATUS = {
    401: Reason("api_key_refused"),
    402: Reason("quota"),
    403: Reason("api_key_without_rights"),
    404: Reason("address_without_calls"),
    405: Reason("address_without_calls"),
    407: Reason("endpoint_refused"),
    429: Reason("quota"),
}


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model of an endpoint; `context_tokens` 0 and `can_see` None mean that the endpoint does not say."""

    name: str
    context_tokens: int = 0
    can_see: bool | None = None


def fetch(
    endpoint: str, api_key: str = "", *, protocol: str = "openai", public_only: bool = False, timeout_s: Any = TIMEOUT_S
) -> tuple[ListedModel, ...]:
    """Returns the models that the endpoint lists, chat models first; () when it answers with an empty list.

    Raises:
        WrongAddress: Something else than a list of models answers at this address.
        ProviderError: The endpoint cannot be reached or refuses the key; the reason says why.
    """
    base, query = base_url.split_query(endpoint)
    if protocol == "anthropic":
        headers = anthropic.headers(base, api_key)
        query = query | {"limit": "1000"}
    else:
        headers = base_url.key_headers(base, api_key)
    place = urlsplit(base)
    if base_url.is_azure(place.hostname or ""):
        return _deployments(f"{place.scheme}://{place.netloc}", headers, public_only, timeout_s)
    first: Why = ""  # no error: it would hold this frame, and with it a connection
    for address in _addresses(base):
        try:
            return _read(_get(address, query, headers, public_only, timeout_s))
        except WrongAddress as error:
            first = first or why(error)
    raise WrongAddress(first or Reason("address_without_calls"))


def _deployments(root: str, headers: Mapping[str, str], public_only: bool, timeout_s: Any) -> tuple[ListedModel, ...]:
    """Returns the deployments of an Azure resource.

    Its list of models names what could be deployed, and calls take the name of a deployment only. Resources that do not
    list their deployments with the key of a call say so by a status.
    """
    try:
        return _read(_get(f"{root}/openai/deployments", _DEPLOYMENTS, headers, public_only, timeout_s))
    except ProviderError as error:
        reason = why(error)
        params = reason.params if isinstance(reason, Reason) else {}
        if params.get("status") in (401, 403) or not (params.get("status") or isinstance(error, WrongAddress)):
            raise
    raise ProviderError(Reason("deployments_not_listed"), permanent=True)


def _addresses(base: str) -> Iterator[str]:
    yield f"{base}/models"
    if other := base_url.other_form(base):
        yield f"{other}/models"
    if urlsplit(base).port == _OLLAMA_PORT:
        yield f"{base.removesuffix('/v1')}/api/tags"


def _get(
    address: str, query: Mapping[str, str], headers: Mapping[str, str], public_only: bool, timeout_s: Any
) -> http.HttpResponse:
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise ProviderError(Reason("api_key_unsendable"), permanent=True)
    try:
        answer = http.request("GET", address, params=query, headers=headers, timeout=timeout_s, public_only=public_only)
    except http.AddressRefused:
        raise ProviderError(Reason("endpoint_not_public"), permanent=True) from None
    except http.HttpError as error:
        reason = error.reason
        inner = reason.params.get("why") if reason is not None else None
        raise ProviderError(inner if isinstance(inner, Reason) else Reason("no_connection")) from None
    if 300 <= answer.status < 400:
        place = str(answer.headers.get("Location", "")).partition("?")[0].removesuffix("/models")
        if place.startswith(("http://", "https://")):
            raise WrongAddress(Reason("address_moved", address=place[:200]))
        raise WrongAddress(Reason("address_without_calls"))
    if not answer.ok:
        raise _refusal(answer)
    return answer


def _refusal(answer: http.HttpResponse) -> ProviderError:
    failed = Reason("endpoint_failed") if answer.status >= 500 else Reason("endpoint_refused")
    why = _BY_STATUS.get(answer.status, failed)
    code = code_word(_error_code(_json(answer)))
    kind = WrongAddress if answer.status in (404, 405) and not code.startswith("model") else ProviderError
    reason = (
        Reason("endpoint_status_code", status=answer.status, why=why, code=code)
        if code
        else Reason("endpoint_status", status=answer.status, why=why)
    )
    return kind(reason, permanent=400 <= answer.status < 500)


def _json(answer: http.HttpResponse) -> Any:
    try:
        return answer.json()
    except http.HttpError:
        return None


def _error_code(value: Any) -> object:
    """Returns the code of an error: of the first entry in a list (Gemini), of `error` or of the answer itself."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, Mapping):
        return ""
    error = value.get("error", value)
    if not isinstance(error, Mapping):
        return value.get("code") or ""
    named = (error.get("code"), error.get("type"), error.get("status"))
    return next((one for one in named if isinstance(one, str) and one), error.get("code") or "")


def _read(answer: http.HttpResponse) -> tuple[ListedModel, ...]:
    if answer.body.lstrip()[:1] == b"<":
        raise WrongAddress(Reason("page_not_api"))
    value = _json(answer)
    entries = value
    if isinstance(value, Mapping):
        entries = next(
            (value[name] for name in ("data", "models", "model_names") if isinstance(value.get(name), list)), None
        )
        if entries is None and "error" in value:
            code = code_word(_error_code(value))
            raise ProviderError(Reason("endpoint_error", code=code or Reason("no_code")))
        if entries is None and value.get("object") == "list":
            entries = []  # of an Ollama without models
    if not isinstance(entries, list):
        raise WrongAddress(Reason("models_not_listed"))
    found = {model.name: model for model in map(_model, entries[:MOST]) if model is not None}
    return tuple(sorted(found.values(), key=lambda model: _OTHERS.search(model.name) is not None))


def _model(entry: Any) -> ListedModel | None:
    if isinstance(entry, str):
        entry = {"id": entry}
    if not isinstance(entry, Mapping):
        return None
    name = next((entry[key] for key in ("id", "model", "name") if isinstance(entry.get(key), str) and entry[key]), "")
    name = name.strip().removeprefix("models/")
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        return None
    return ListedModel(name, _window(entry), _sees(entry))


def _window(entry: Mapping[str, Any]) -> int:
    meta = entry.get("meta")
    places = [entry.get(name) for name in _WINDOWS]
    if isinstance(meta, Mapping):
        places += [meta.get("n_ctx"), meta.get("n_ctx_train")]
    return next((one for one in places if isinstance(one, int) and not isinstance(one, bool) and one >= 256), 0)


def _sees(entry: Mapping[str, Any]) -> bool | None:
    built, can = entry.get("architecture"), entry.get("capabilities")
    if isinstance(built, Mapping) and isinstance(built.get("input_modalities"), list):
        return "image" in built["input_modalities"]
    if isinstance(can, Mapping) and isinstance(can.get("vision"), bool):
        return bool(can["vision"])
    return True if entry.get("type") == "vlm" else None
