"""Says what to do when an endpoint does not answer as a model should."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bots.i18n.failure_texts import describe
from clawdbot.reasons import Reason, Why

_KEY = gettext_noop("Make a new key where the service lists its keys, and paste it whole.")
_CREDIT = gettext_noop("The account has no credit: top it up, or take a model that is free.")
_REGION = gettext_noop("The service refuses this country: use a proxy (HTTPS_PROXY), or another service.")
_MODEL = gettext_noop("Choose a model from the list; the name must be spelt as the service spells it.")
_DEPLOYMENT = gettext_noop(
    "Enter the name of a deployment of this resource, as Azure's portal shows it under Deployments, for instance "
    "my-gpt-4o. The name of the model will not do; a new deployment takes five minutes."
)
_ADDRESS = gettext_noop("Compare the address with that of the service's documents: it usually ends with /v1.")
_CERTIFICATE = gettext_noop(
    "Give the server a valid certificate, or name its authority in SSL_CERT_FILE and REQUESTS_CA_BUNDLE and restart."
)
_SERVER = gettext_noop(
    "Start the server; on another machine or in a container it must listen on more than its own localhost."
)
_NOT_HERE = gettext_noop(
    "Start the server there. In a container, this address is the container itself: enter host.docker.internal or the "
    "address of the machine."
)
_HERE = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0"})  # noqa: S104  only compared

_BY_CODE: dict[str, str] = {
    "api_key_refused": _KEY,
    "api_key_unsendable": _KEY,
    "api_key_without_rights": gettext_noop("Allow this model for the key, or open the model in the console."),
    "no_such_model": _MODEL,
    "deployments_not_listed": _DEPLOYMENT,
    "quota": gettext_noop("Wait a minute; when it stays so, top up the account or raise its limit."),
    "address_without_calls": _ADDRESS,
    "page_not_api": _ADDRESS,
    "models_not_listed": _ADDRESS,
    "answer_not_json": _ADDRESS,
    "answer_not_completion": _ADDRESS,
    "host_not_found": gettext_noop("Correct the name of the host, or the name server of this machine."),
    "port_closed": _SERVER,
    "host_silent": gettext_noop("Check the firewall, or set HTTPS_PROXY when this machine needs a proxy, and restart."),
    "timed_out": gettext_noop("Try again; a model that is being loaded needs a minute."),
    "response_too_slow": gettext_noop("Try again; a model that is being loaded needs a minute."),
    "no_answer_in_time": gettext_noop("Try again; a model that is being loaded needs a minute."),
    "certificate_untrusted": _CERTIFICATE,
    "tls_failed": _CERTIFICATE,
    "no_tls_here": gettext_noop("Begin the address with http:// instead of https://."),
    "endpoint_not_public": gettext_noop("Ask a superuser to connect it."),
    "proxy_unreachable": gettext_noop("Correct or remove HTTPS_PROXY and restart, or name the host in NO_PROXY."),
    "proxy_gives_up": gettext_noop("Correct or remove HTTPS_PROXY and restart, or name the host in NO_PROXY."),
    "proxy_login": gettext_noop("Correct user name and password in HTTPS_PROXY and restart."),
    "answer_empty": gettext_noop("Choose another model: this one answers nothing, or thinks too long."),
    # A question in a few words is no reason to refuse: DeepSeek answers 400 for a wrong model, Gemini for a wrong key.
    "endpoint_refused": gettext_noop("Check the name of the model, then the key: some services answer so to either."),
    "endpoint_failed": gettext_noop("The service has a fault: look at its status page, and try again later."),
}
# Codes of the services themselves, which say more than the status.
_BY_WORD: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"insufficient|balance|credit|arrear|billing|exceeded_current_quota|^1113$|overdue", re.I), _CREDIT),
    (re.compile(r"region|country|location|failed_precondition", re.I), _REGION),
    (
        re.compile(r"invalid_?api_?key|invalid_authentication|incorrect_api_key|authentication|unauthenticated", re.I),
        _KEY,
    ),
    (
        re.compile(r"model_?not|model_?unavailable|invalid_?model|modelnotopen|not_found_error", re.I),
        _MODEL,
    ),
    (re.compile(r"deployment_?not_?found", re.I), _DEPLOYMENT),
)


def mend(reason: Why) -> str:
    """Returns one sentence in the active language; "" when there is no advice."""
    text = _of(reason)
    return _(text) if text else ""


def told(reason: Why) -> str:
    """Returns the reason and what to do in the active language."""
    text = mend(reason)
    return _("%(reason)s. %(mend)s") % {"reason": describe(reason), "mend": text} if text else describe(reason)


def _of(reason: Why) -> str:
    if not isinstance(reason, Reason):
        return ""
    if reason.params.get("status") == 402:
        return _CREDIT
    if reason.code == "port_closed" and reason.params.get("host") in _HERE:
        return _NOT_HERE
    code = reason.params.get("code")
    for pattern, text in _BY_WORD:
        if isinstance(code, str) and pattern.search(code):
            return text
    inner = reason.params.get("why")
    return _BY_CODE.get(reason.code, "") or (_of(inner) if isinstance(inner, Reason) else "")
