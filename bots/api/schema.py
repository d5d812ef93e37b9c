"""Completes the schema of drf-spectacular: adds problem documents, drops duplicate paths."""

from __future__ import annotations

from typing import Any

from drf_spectacular.generators import SchemaGenerator

from bots.edge.problems import CONTENT_TYPE

_EXPLAINED = {
    "400": "The input is not valid; `errors` says by field why.",
    "401": "No token, or one that is not valid.",
    "403": "Your role on this bot is too low.",
    "404": "It does not exist, or it belongs to a bot that you may not see.",
    "406": "Only JSON is available.",
    "409": "The current state does not allow it.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The Idempotency-Key was used for another message.",
    "429": "Too many requests; Retry-After says when to retry.",
    "500": "The server failed. The log has the reason under `request_id`.",
}
_ALWAYS = ("401", "403", "406", "429", "500")


def only_documented(endpoints: list[tuple[str, str, str, Any]], **_kwargs: Any) -> list[tuple[str, str, str, Any]]:
    """Drops the webhook paths with a trailing slash, which are aliases, and the path of the schema itself."""
    return [item for item in endpoints if not _is_undocumented(item[0])]


def _is_undocumented(path: str) -> bool:
    return path.startswith("/api/schema") or (path.startswith("/api/webhook") and path.endswith("/"))


def add_problems(result: dict[str, Any], generator: SchemaGenerator, request: object, public: bool) -> dict[str, Any]:
    """Adds the possible errors, all problem documents, to every operation of /api/v1/."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/api/v1/"):
                _add(operation, [*_ALWAYS, *_statuses(path, method, operation)])
    return result


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    found = []
    if "{" in path or method == "get":
        found.append("404")
    if method in ("post", "patch") or operation.get("parameters"):
        found.append("400")
    if method in ("post", "patch"):
        found += ["413", "415"]
    if path == "/api/v1/messages/" and method == "post":
        found += ["409", "422"]
    if path.endswith(("/take-over/", "/hand-back/")):
        found.append("409")
    return found


def _add(operation: dict[str, Any], statuses: list[str]) -> None:
    for status in sorted(statuses):
        operation["responses"][status] = {
            "description": _EXPLAINED[status],
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "An error as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Always about:blank: the status says it all."},
        "title": {"type": "string", "description": "The phrase of the status."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What went wrong, in one sentence."},
        "request_id": {"type": "string", "description": "Finds this request in the logs."},
        "errors": {"type": "object", "additionalProperties": True, "description": "Messages by field."},
    },
    "example": {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Not found.",
        "request_id": "2f6c1d0ab5b54b0f9be4d5b7a3c1e8f0",
    },
}
