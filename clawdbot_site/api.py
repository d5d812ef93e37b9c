"""Settings of Django REST framework and drf-spectacular."""

from typing import Any

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "bots.edge.problems.exception_handler",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "bots.api.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    # A view without permission classes is open to administrators only.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,
    "NON_FIELD_ERRORS_KEY": "request",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Clawdbot API",
    "DESCRIPTION": (
        "Bots, channels, people, conversations, messages and memories.\n\n"
        "Send `Authorization: Token <key>`; make a key with `python manage.py api_token USER`. A user sees the bots "
        "that are granted in the admin, a superuser all. Lists come in pages: follow `next`. Every error is a "
        "problem document (RFC 9457)."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    # The pages load nothing from other hosts.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "PREPROCESSING_HOOKS": ["bots.api.schema.only_documented"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "bots.api.schema.add_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ConversationState": "bots.models.Conversation.State",
        "InboundState": "bots.models.InboundEvent.State",
        "OutboundState": "bots.models.OutboundMessage.State",
        "MessageRole": "bots.models.Message.Role",
        "MemoryRole": "memory.models.MemoryEntry.Role",
    },
}
