"""The set-up guide of a Telegram bot."""

from __future__ import annotations

from adapters.guide import Guide, text

GUIDE = Guide(
    steps=(
        text(
            "In Telegram open https://t.me/BotFather, send `/newbot`, and choose a name and a username.",
            "在 Telegram 中打开 https://t.me/BotFather，发送 `/newbot`，按提示设置名称和用户名。",
        ),
        text(
            "Copy the token it answers with (`110201543:AAH…`) into *Bot token*. The other fields may stay empty.",
            "把它回复的令牌（`110201543:AAH…`）填入*机器人令牌*，其余字段可留空。",
        ),
        text(
            "Only if the bot must receive all messages in groups: `/setprivacy` → the bot → *Disable*, then remove "
            "it from the group and add it again.",
            "仅当需要接收群内全部消息时：`/setprivacy` → 选择机器人 → *Disable*，然后把机器人移出群再重新加入。",
        ),
    ),
    connect=(
        text(
            "Telegram has no page for the address: press *Set webhook* to register it.",
            "Telegram 没有填写地址的页面：点击*设置 Webhook*，由本产品向 Telegram 登记地址。",
        ),
        text(
            "Without a public https address run `python manage.py poll` instead; it fetches the messages.",
            "没有公网 https 地址时，改为运行 `python manage.py poll` 主动拉取消息。",
        ),
        text("Write to the bot in Telegram.", "在 Telegram 中给机器人发一条消息。"),
    ),
    verifies=text(
        "Asks Telegram who the bot is (getMe) and which address is registered (getWebhookInfo).",
        "向 Telegram 查询机器人身份（getMe）和已登记的地址（getWebhookInfo）。",
    ),
    registers=text(
        "Registers the address above at Telegram (setWebhook) with the webhook secret, which is generated when it is "
        "empty.",
        "用 Webhook 密钥向 Telegram 登记上面的地址（setWebhook）；未填写密钥时自动生成。",
    ),
    mends={
        "unauthorized": text(
            "Copy the token again: @BotFather → /mybots → the bot → API Token. A revoked token never works again.",
            "重新复制令牌：@BotFather → /mybots → 选择机器人 → API Token。被吊销的令牌不可恢复。",
        ),
        "refused": text(
            "Telegram posts only to public https addresses on port 443, 80, 88 or 8443.",
            "Telegram 只接受公网 https 地址，端口须为 443、80、88 或 8443。",
        ),
    },
    fills={"username": "username"},
)
