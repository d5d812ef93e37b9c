"""The set-up guide of a program that uses the generic webhook."""

from __future__ import annotations

from adapters.guide import Guide, text

NO_REPLY_URL = text(
    "There is no reply address: messages are recorded, but not answered.",
    "未填写回复地址：只记录消息，不作回复。",
)

GUIDE = Guide(
    steps=(
        text(
            "Make up a long *Signing secret*, for instance with `openssl rand -hex 32`, and give it to the other "
            "program.",
            "生成一个较长的*签名密钥*（例如 `openssl rand -hex 32`），并配置到对方程序。",
        ),
        text(
            "Enter as *Reply address* the address where the other program receives answers; without it messages are "
            "only recorded.",
            "在*回复地址*填写对方程序接收回复的地址；不填则只记录消息，不作回复。",
        ),
    ),
    connect=(
        text(
            'The other program posts JSON to the address: `{"id": "m1", "user": {"id": "u1"}, "text": "hello"}`.',
            '对方程序向该地址 POST JSON：`{"id": "m1", "user": {"id": "u1"}, "text": "hello"}`。',
        ),
        text(
            "It also sends the header `X-Signature`, the lower-case hex of HMAC-SHA256 over the raw body, and "
            "preferably `X-Timestamp` (see docs/webhook.md).",
            "并带上请求头 `X-Signature`，其值为原始请求体的 HMAC-SHA256（小写十六进制）；建议同时使用 `X-Timestamp`（"
            "见 docs/webhook.md）。",
        ),
    ),
    verifies=text(
        "Posts a signed ping to the address above, as the other program would. It creates no message.",
        "像对方程序一样，向上面的地址发送一个已签名的 ping。不会产生消息。",
    ),
    mends={
        "no_secret": text("Enter a signing secret.", "请填写签名密钥。"),
        "unauthorized": text(
            "The signature was refused: save the form first; the address must lead to this server.",
            "签名被拒绝：请先保存表单；该地址须指向本服务器。",
        ),
    },
)
