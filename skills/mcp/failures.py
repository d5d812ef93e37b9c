"""Why a server gave nothing: errors of the SDK, of HTTP and of the operating system as reasons for the operator."""

from __future__ import annotations

import os
import re

from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Reason, Why, why
from skills.mcp.endpoint import Endpoint

_UNSUPPORTED_VERSION = -32022
_LONGEST = 200
_REFUSED = (-32600, -32001)  # invalid request; what SDKs say of a session that they do not know
_NO_SESSION = re.compile(
    r"\bsession\b.*\b(?:not found|unknown|invalid|expired|terminated|mismatch)\b"
    r"|\b(?:unknown|invalid|expired|no such|missing)\b.*\bsession\b",
    re.IGNORECASE | re.DOTALL,
)
UNREAD = frozenset({400, 401, 403, 404, 405, 413, 415, 429})
"""Statuses of a server that has not looked at what it was asked to do."""
_SAYS_NOTHING = "Server returned an error response"
# Answers of a server that works: they open no circuit.
ANSWERS = frozenset(
    {"mcp_said", "mcp_asks", "mcp_changed", "mcp_not_understood", "status", "response_too_large", "mcp_key_refused"}
)
# What a server may say that speaks the other of the two handshakes of the protocol.
OTHER_HANDSHAKE = frozenset({"mcp_said", "mcp_other_version", "mcp_not_understood", "mcp_closed"})


class McpFailure(ClawdbotError):
    """A server did not do what it was asked.

    Attributes:
        output: The last words of its standard error; not for the model and not for people who chat.
        began: Whether the server may have done something.
        session_lost: The server refused the request unread, because it does not know the session any more.
    """

    def __init__(self, reason: Why, *, output: str = "", began: bool = False, session_lost: bool = False) -> None:
        super().__init__(reason)
        self.output, self.began, self.session_lost = output, began, session_lost


def reason_of(error: BaseException | None, endpoint: Endpoint, exit_code: int | None, status: int) -> Reason:
    """Returns why a connection or a call failed.

    Args:
        error: What was raised; a group of errors counts as its first one.
        endpoint: The server.
        exit_code: That of its program, if it has ended.
        status: HTTP status of its latest answer, if that was an error; else 0.
    """
    error = _first(error)
    if isinstance(error, FileNotFoundError) and endpoint.command:
        if os.path.exists(endpoint.command):
            return Reason("mcp_no_interpreter", name=endpoint.command)
        return Reason("mcp_no_program", name=endpoint.command)
    if isinstance(error, OSError) and endpoint.command and exit_code is None and error.errno:
        return Reason("mcp_not_started", name=endpoint.command, why=error.strerror or type(error).__name__)
    if isinstance(error, ClawdbotError):
        reason = why(error)
        return reason if isinstance(reason, Reason) else Reason("mcp_said", told=str(reason)[:_LONGEST])
    if exit_code is not None:
        return Reason("mcp_ended", code=exit_code)
    if status in (401, 403):
        return Reason("mcp_key_refused", code=status)
    if status in (404, 405):
        return Reason("mcp_not_here", code=status)
    if status >= 400 and (type(error).__name__ != "MCPError" or str(error) == _SAYS_NOTHING):
        return Reason("status", code=status)
    return _of_sdk(error)


def is_lost_session(error: BaseException | None, status: int) -> bool:
    """Returns whether an HTTP server answered so because it has forgotten the session.

    The protocol says 404; some servers say 400 and name the session, or refuse with an error of the protocol that does.
    """
    error = _first(error)
    if status == 404 or (status == 400 and "session" in str(error).lower()):
        return True
    refused = type(error).__name__ == "MCPError" and getattr(error, "code", 0) in _REFUSED
    return refused and _NO_SESSION.search(str(error)) is not None


def code_of(failure: McpFailure) -> str:
    """Returns the code of its reason; "" for a plain text."""
    reason = why(failure)
    return reason.code if isinstance(reason, Reason) else ""


def _of_sdk(error: BaseException | None) -> Reason:
    name = type(error).__name__
    if name == "MCPError":
        if getattr(error, "code", 0) == _UNSUPPORTED_VERSION:
            return Reason("mcp_other_version")
        if "onnection closed" in str(error):
            return Reason("mcp_closed")
        if str(error).startswith("Failed to parse"):
            return Reason("mcp_not_understood")
        return Reason("mcp_said", told=str(error)[:_LONGEST])
    if name == "RuntimeError" and "protocol version" in str(error):
        return Reason("mcp_other_version")
    if name in ("ValidationError", "SSEError"):
        return Reason("mcp_not_understood")
    if name == "InputRequiredRoundsExceededError":
        return Reason("mcp_asks")
    if isinstance(error, TimeoutError) or name.endswith("Timeout"):
        return Reason("timed_out")
    if name in ("ConnectError", "ReadError", "WriteError", "RemoteProtocolError", "CloseError"):
        return Reason("connection_failed")
    if name in ("BrokenResourceError", "ClosedResourceError", "ConnectionError", "CancelledError", "EndOfStream"):
        return Reason("mcp_closed")
    return Reason("raised", error=name, why=str(error)[:_LONGEST])


def _first(error: BaseException | None) -> BaseException | None:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error
