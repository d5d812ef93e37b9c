"""AI cards, DingTalk's only messages that can show a draft reply. The operator provides their template."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from adapters.dingtalk.account import DingTalkAccount
from adapters.errors import SendError
from adapters.payload import as_list, as_object, as_text
from clawdbot.reasons import Reason

CREATE = "/v1.0/card/instances/createAndDeliver"
STREAM = "/v1.0/card/streaming"


def new_id() -> str:
    """Returns an id for a card. It must be unique in the application."""
    return uuid.uuid4().hex


def delivery(account: DingTalkAccount, card_id: str, *, group: str, person: str) -> dict[str, Any]:
    """Returns the body of `CREATE`: an empty card for a group, else for a person's chat with the robot."""
    body: dict[str, Any] = {
        "cardTemplateId": account.card_template_id,
        "outTrackId": card_id,
        "cardData": {"cardParamMap": {account.card_key: ""}},
        "callbackType": "STREAM",
        "userIdType": 1,
    }
    robot = {"robotCode": account.robot}
    if group:
        space = {"imGroupOpenSpaceModel": {"supportForward": True}, "imGroupOpenDeliverModel": robot}
        return body | {"openSpaceId": f"dtv1.card//IM_GROUP.{group}", **space}
    deliver = {"imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", **robot}}
    space = {"imRobotOpenSpaceModel": {"supportForward": True}, **deliver}
    return body | {"openSpaceId": f"dtv1.card//IM_ROBOT.{person}", **space}


def check_delivered(answer: Mapping[str, Any]) -> None:
    """Checks the answer to `CREATE`, which lists where the card was delivered.

    Raises:
        SendError: Permanent; the card was created but not delivered.
    """
    results = [item for item in as_list(as_object(answer, "result"), "deliverResults") if isinstance(item, dict)]
    refused = [as_text(item, "errorMsg") for item in results if item.get("success") is False]
    if answer.get("success") is False or refused:
        told = (refused or [""])[0][:160]
        reason = Reason("card_refused", told=told) if told else Reason("card_not_delivered")
        raise SendError(reason, permanent=True, mark="card_refused")


def content(account: DingTalkAccount, card_id: str, markdown: str, *, finished: bool) -> dict[str, Any]:
    """Returns the body of `STREAM`: the whole text so far."""
    return {
        "outTrackId": card_id,
        "guid": uuid.uuid4().hex,
        "key": account.card_key,
        "content": markdown,
        "isFull": True,
        "isFinalize": finished,
        "isError": False,
    }
