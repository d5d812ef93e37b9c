"""Answers of each platform to "who am I", with right and with wrong credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.http_server import Answer, Recorded, json_answer

SECRET_WORD = "secret-Value-0815"


@dataclass(frozen=True)
class Case:
    """One platform.

    Attributes:
        account: Without base_url; every secret contains `SECRET_WORD`.
        answers: Answers by the last part of the path; "" for other paths.
        who: Part of the text that "Verify" shows.
        refused: Answer to wrong credentials.
        mend: Part of the advice after a refusal.
    """

    account: Mapping[str, Any]
    answers: Mapping[str, Any]
    who: str
    refused: Answer
    mend: str

    def right(self, request: Recorded) -> Answer:
        last = request.path.partition("?")[0].rsplit("/", 1)[-1]
        return json_answer(self.answers.get(last, self.answers.get("", {})))


_GRAPH = {"error": {"code": 190, "message": "Invalid OAuth access token"}}
CASES: dict[str, Case] = {
    "telegram": Case(
        {"token": f"123456:{SECRET_WORD}", "secret_token": SECRET_WORD},
        {
            "getMe": {"ok": True, "result": {"id": 123456, "first_name": "Shop", "username": "shop_bot"}},
            "getWebhookInfo": {"ok": True, "result": {"url": "", "pending_update_count": 0}},
        },
        "Shop @shop_bot (123456)",
        json_answer({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401),
        "@BotFather",
    ),
    "slack": Case(
        {"bot_token": f"xoxb-{SECRET_WORD}", "signing_secret": SECRET_WORD},
        {"auth.test": {"ok": True, "user": "shop", "user_id": "U1", "team": "T"}},
        "(U1)",
        json_answer({"ok": False, "error": "invalid_auth"}),
        "OAuth & Permissions",
    ),
    "line": Case(
        {"channel_access_token": SECRET_WORD, "channel_secret": SECRET_WORD},
        {
            "info": {"userId": "Ubot", "basicId": "@shop", "displayName": "Shop"},
            "endpoint": {"endpoint": "https://old.example/x", "active": True},
            "test": {"success": True},
        },
        "Shop @shop (Ubot)",
        json_answer({"message": "Authentication failed"}, 401),
        "Channel access token",
    ),
    "discord": Case(
        {"application_id": "77", "public_key": "ab" * 32, "bot_token": SECRET_WORD},
        {
            "@me": {
                "id": "77",
                "username": "shop",
                "global_name": "Shop",
                "verify_key": "ab" * 32,
                "interactions_endpoint_url": None,
            }
        },
        "Shop @shop (77)",
        json_answer({"code": 0, "message": "401: Unauthorized"}, 401),
        "Reset Token",
    ),
    "whatsapp": Case(
        {
            "phone_number_id": "1100",
            "access_token": SECRET_WORD,
            "app_secret": SECRET_WORD,
            "verify_token": SECRET_WORD,
        },
        {"": {"id": "1100", "verified_name": "Shop", "display_phone_number": "+49 30 1"}},
        "Shop +49 30 1 (1100)",
        json_answer(_GRAPH, 401),
        "System users",
    ),
    "feishu": Case(
        {"app_id": "cli_1", "app_secret": SECRET_WORD, "verification_token": SECRET_WORD},
        {
            "internal": {"code": 0, "tenant_access_token": f"t-{SECRET_WORD}", "expire": 7200},
            "info": {"code": 0, "bot": {"open_id": "ou_1", "app_name": "Shop"}},
        },
        "Shop (ou_1)",
        json_answer({"code": 10014, "msg": "app secret invalid"}),
        "App Secret",
    ),
    "wecom": Case(
        {"corp_id": "ww1", "agent_id": "1000002", "secret": SECRET_WORD, "token": SECRET_WORD},
        {
            "gettoken": {"errcode": 0, "access_token": SECRET_WORD, "expires_in": 7200},
            "get": {"errcode": 0, "agentid": 1000002, "name": "Shop"},
        },
        "Shop (1000002)",
        json_answer({"errcode": 40001, "errmsg": "invalid credential"}),
        "Copy the secret again",
    ),
    "dingtalk": Case(
        {"app_key": "ding1", "app_secret": SECRET_WORD},
        {"accessToken": {"accessToken": SECRET_WORD, "expireIn": 7200}},
        "ding1",
        json_answer({"code": "invalidClientIdOrSecret", "message": "wrong"}, 400),
        "Client ID",
    ),
}
