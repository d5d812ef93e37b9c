"""Converts errors of the `openai` SDK to ours: which say something of the provider, which of one request alone."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from bots.llm.errors import ProviderError, RequestRefused, WrongAddress
from clawdbot import http
from clawdbot.http.proxies import ProxyUnusable
from clawdbot.reasons import Reason

if TYPE_CHECKING:
    from openai import APIError, APIStatusError

# "system" is the role; the others are fields of the request.
PARAMETERS = ("stream_options", "max_tokens", "temperature", "system", "tools", "response_format")
_SPOKEN = {
    "system": "system role|role:? .?system",
    "response_format": r"response_format(?:\.type)?|json_schema|structured[ _]outputs?|guided_json",
    "tools": r"tools?|tool_choice|(?:tool|function)[ _-]?(?:use|calls?|calling)",
}
_UNSUPPORTED_WORDS = (
    r"(?:un|not[ _]|n't[ _])support|unrecogni[sz]ed|unknown|unexpected|not (?:permitted|allowed|accepted)|deprecated"
    r"|invalid (?:parameter|argument)|only .{1,30} (?:allowed|supported)|unavailable|Extra inputs|不支持|未知"
)
_UNSUPPORTED = re.compile(_UNSUPPORTED_WORDS, re.IGNORECASE)
# Such an error names a parameter, but means the length of the prompt or the value.
_TOO_MUCH = re.compile(r"context|too (?:large|long|many|big|high)|exceed|at most|上下文|过长|超", re.IGNORECASE)
_ABOUT = {
    parameter: re.compile(
        rf"(?:{_UNSUPPORTED_WORDS}).{{0,60}}\b(?:{name})\b|\b(?:{name})\b.{{0,60}}(?:{_UNSUPPORTED_WORDS})",
        re.IGNORECASE | re.DOTALL,
    )
    for parameter, name in ((one, _SPOKEN.get(one, one)) for one in PARAMETERS)
}
# A server that could take tools, but was started without them, and a broker without a model that takes them.
_WITHOUT_TOOLS = re.compile(
    r"\btools?\b.{0,60}(?:requires? .{0,20}--|not enabled)"
    r"|function calling.{0,40}not enabled|no endpoints.{0,40}tool use",
    re.IGNORECASE | re.DOTALL,
)
_WRONG_TOOL = re.compile(
    r"\binvalid\b.{0,20}\b(?:schema|name)\b.{0,40}\b(?:function|tool)|\btools\[?\.?\d|function_?declarations?\b",
    re.IGNORECASE,
)
_NO_TOOLS_STATUS = frozenset({400, 404, 422, 500, 501})
# Some endpoints answer 400 for a wrong key, model or balance, and 403 for forbidden words.
_ABOUT_ACCOUNT = re.compile(
    r"api[ _-]?key|(?:unknown|invalid|no such)[ _]model|model.{0,80}(?:not[ _](?:found|exist)|n't exist)"
    r"|arrear|balance|billing|credit|quota|good standing|unpaid|organization has been disabled",
    re.IGNORECASE,
)
# "maximum context length is 4096 tokens", "the context size (2048)", "exceeds the 8192 token context window"
_WINDOW = re.compile(
    r"(?:context|n_ctx)[\w ,.:'()=-]{0,40}?\b(\d{3,8})\b|\b(\d{3,8})[ -]tokens?[\w ]{0,20}context", re.IGNORECASE
)
# Anthropic: "prompt is too long: 204857 tokens > 200000 maximum", "… exceed context limit: 188240 + 21333 > 200000"
_WINDOW_EXCEEDED = re.compile(r"too long: \d+ tokens > (\d+)|context limit: \d+ \+ \d+ > (\d+)", re.IGNORECASE)
# "max_tokens: 100000 > 8192, which is the maximum …", "supports at most 4096 completion tokens", "range … is [1, 8192]"
_LONGEST_ANSWER = re.compile(
    r"max_(?:completion_|output_)?tokens.{0,120}?(?:> ?|at most |\[\d+, ?|less than or equal to `?)(\d{2,7})\b",
    re.IGNORECASE | re.DOTALL,
)
_ABOUT_WINDOW = re.compile(r"context[ _](?:length|size|limit)|max_model_len", re.IGNORECASE)
# A schema that the server cannot turn into a grammar. Some answer 500.
_NO_GRAMMAR = re.compile(r"grammar|tool_choice|(?:json_?|response_?)(?:schema|format)", re.IGNORECASE)
_REASONING_WANTED = re.compile(
    r"reasoning_content.{0,80}(?:missing|must be|required|passed back)|missing.{0,20}reasoning_content",
    re.IGNORECASE | re.DOTALL,
)
_ABOUT_MODEL = re.compile(r"model|deployment", re.IGNORECASE)
_ABOUT_CONTENT = re.compile(
    r"moderation|flagged|content[ _](?:filter|policy|risk)|risk_?control|data_?inspection|sensitive|inappropriate"
    r"|safety|guardrail|敏感|违规",
    re.IGNORECASE,
)
# A refused key or right, no money, a wrong address or model. Only these statuses are about the provider itself.
_ABOUT_PROVIDER = frozenset({401, 402, 403, 404, 405, 407, 410, 421, 451})
_PASSING = frozenset({408, 409, 425, 429})
_BY_STATUS = {
    400: Reason("endpoint_refused"),
    401: Reason("api_key_refused"),
    403: Reason("api_key_without_rights"),
    404: Reason("no_such_model"),
    408: Reason("endpoint_timed_out"),
    413: Reason("prompt_too_long"),
    429: Reason("quota"),
}


# What Anthropic calls the kinds of its errors. In a stream they come without a status.
_STATUS_OF_TYPE = {
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class AnswerTooLong(Exception):
    """The endpoint allows answers of at most `longest` tokens."""

    def __init__(self, longest: int) -> None:
        super().__init__(longest)
        self.longest = longest


class ParameterRefused(Exception):
    """The endpoint does not take one of `PARAMETERS`; the request may be sent again without it.

    Attributes:
        lasting: It takes the parameter never, and not only with this value.
    """

    def __init__(self, parameter: str, *, lasting: bool = True) -> None:
        super().__init__(parameter)
        self.parameter, self.lasting = parameter, lasting


def convert_error(error: Exception, body: dict[str, Any]) -> Exception:
    """Converts an SDK error to ours. Copies codes only, because the SDK's text may quote the prompt or the key."""
    import openai

    if (named := _of_our_own(error)) is not None:
        return named
    if isinstance(error, openai.APITimeoutError):
        return ProviderError(Reason("no_answer_in_time"))
    if isinstance(error, openai.APIConnectionError):
        from bots.llm.http_transport import PrivateAddress

        if isinstance(error.__cause__, PrivateAddress):
            return ProviderError(Reason("endpoint_not_public"), permanent=True)
        return ProviderError(Reason("no_connection"))
    if isinstance(error, openai.APIStatusError):
        return _by_status(error, body)
    if isinstance(error, openai.APIError):
        kind = RequestRefused if _ABOUT_CONTENT.search(str(error.code)) else ProviderError
        permanent = _STATUS_OF_TYPE.get(str(error.type), 500) in _ABOUT_PROVIDER
        return kind(Reason("endpoint_error", code=_code(error) or Reason("no_code")), permanent=permanent)
    return ProviderError(Reason("client_failed", error=type(error).__name__))


def _of_our_own(error: BaseException) -> ProviderError | None:
    """Returns the failure of a proxy, which the transport raised below the SDK's error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, http.HttpError) and (reason := cause.reason) is not None:
            return ProviderError(reason, permanent=isinstance(cause, ProxyUnusable))
        cause = cause.__cause__
    return None


def _by_status(error: APIStatusError, body: dict[str, Any]) -> Exception:
    status = error.status_code
    if status in _NO_TOOLS_STATUS and "tools" in body and (refused := _refused_tools(error)):
        return refused
    told = error.message[:2000]
    if status in (400, 422) and (named := _LONGEST_ANSWER.search(told)) and not _ABOUT_WINDOW.search(told):
        return AnswerTooLong(int(named[1]))
    if status in (400, 422) and (parameter := _refused_parameter(error, body)):
        return ParameterRefused(parameter)
    if status in (400, 422, 500) and "response_format" in body and _NO_GRAMMAR.search(told):
        return ParameterRefused("response_format")
    if status in (400, 422) and _REASONING_WANTED.search(told):
        return ParameterRefused("without_reasoning")
    why = _BY_STATUS.get(status) or (Reason("endpoint_failed") if status >= 500 else _BY_STATUS[400])
    code = _code(error)
    wrong_address = status in (404, 405) and not _ABOUT_MODEL.search(f"{error.code} {error.message[:2000]}")
    if wrong_address:
        why = _moved_or_absent(error)
    kind = WrongAddress if wrong_address else RequestRefused if _is_about_the_request(error) else ProviderError
    refusal = kind(
        Reason("endpoint_status_code", status=status, why=why, code=code)
        if code
        else Reason("endpoint_status", status=status, why=why),
        permanent=400 <= status < 500 and status not in _PASSING,
        retry_after=http.parse_retry_after(error.response.headers.get("retry-after"), time.time()),
    )
    if isinstance(refusal, RequestRefused) and (named := _WINDOW_EXCEEDED.search(told) or _WINDOW.search(told)):
        refusal.window = int(named[1] or named[2])
    return refusal


def _moved_or_absent(error: APIStatusError) -> Reason:
    """Returns the reason for an address without calls; a redirect has turned the POST into a GET."""
    if error.response.history:
        asked = error.response.url
        return Reason("address_moved", address=str(asked.copy_with(query=None)).removesuffix("/chat/completions"))
    return Reason("address_without_calls")


def _is_about_the_request(error: APIStatusError) -> bool:
    status, told = error.status_code, f"{error.code} {error.message[:2000]}"
    if status >= 500 or status in _PASSING:
        return False
    if status in _ABOUT_PROVIDER:
        return status == 403 and _ABOUT_CONTENT.search(told) is not None
    return _ABOUT_CONTENT.search(told) is not None or _ABOUT_ACCOUNT.search(told) is None


def _refused_parameter(error: APIStatusError, body: dict[str, Any]) -> str | None:
    """Returns the parameter that the endpoint does not know, None if the error is about something else."""
    told = error.message if len(error.message) < 2000 else ""
    if _TOO_MUCH.search(told):
        return None
    named = str(error.param or "")
    unsupported = _UNSUPPORTED.search(f"{error.code} {told}") is not None
    for parameter in PARAMETERS:
        if not _sends(body, parameter):
            continue
        if named == parameter or named.startswith(f"{parameter}."):
            return parameter if unsupported else None
        if not named and _ABOUT[parameter].search(told):
            return parameter
    return None


def _refused_tools(error: APIStatusError) -> ParameterRefused | None:
    """Returns the refusal of the tools; one of a single tool, for instance of its schema, is not lasting."""
    told, named = error.message[:2000], str(error.param or "")
    if _ABOUT["tools"].search(told) and not _TOO_MUCH.search(told) and (not named or named.startswith("tool")):
        return ParameterRefused("tools")
    if _WITHOUT_TOOLS.search(told):
        return ParameterRefused("tools")
    if error.status_code in (400, 422) and (named.startswith("tools") or _WRONG_TOOL.search(told)):
        return ParameterRefused("tools", lasting=False)
    return None


def _sends(body: dict[str, Any], parameter: str) -> bool:
    if parameter == "system":
        return any(message["role"] == "system" for message in body["messages"])
    return parameter in body


def _code(error: APIError) -> str:
    """Returns the code of an error; of Anthropic, which sends none, its kind."""
    return code_word(error.code) or (str(error.type) if str(error.type) in _STATUS_OF_TYPE else "")


def code_word(code: object) -> str:
    """Returns the code of an endpoint if it is a short word, else ""."""
    text = str(code or "")
    return text if len(text) <= 60 and text.replace("_", "").replace("-", "").replace(".", "").isalnum() else ""
