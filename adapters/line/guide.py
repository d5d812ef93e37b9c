"""The set-up guide of a LINE Official Account."""

from __future__ import annotations

from adapters.guide import Guide, text

GUIDE = Guide(
    steps=(
        text(
            "Open https://manager.line.biz → create an Official Account → *Settings* → *Messaging API* → *Enable*.",
            "打开 https://manager.line.biz → 创建官方账号 → *设置* → *Messaging API* → *启用*。",
        ),
        text(
            "Open https://developers.line.biz/console → the provider → the channel → *Basic settings*: copy *Channel "
            "secret*.",
            "打开 https://developers.line.biz/console → 选择 provider 和 channel → *Basic settings*：复制 *Channel "
            "secret*。",
        ),
        text(
            "*Messaging API* tab → *Channel access token (long-lived)* → *Issue*, and copy it.",
            "*Messaging API* 标签页 → *Channel access token (long-lived)* → *Issue*，复制令牌。",
        ),
    ),
    connect=(
        text(
            "Press *Set webhook*, or paste the address under *Messaging API* → *Webhook URL* → *Update* → *Verify*.",
            "点击*设置 Webhook*；或在 *Messaging API* → *Webhook URL* 粘贴地址 → *Update* → *Verify*。",
        ),
        text(
            "On the same page switch on *Use webhook* and *Webhook redelivery*, and switch off *Auto-reply messages* "
            "and *Greeting messages* (else LINE answers too).",
            "同一页面：打开 *Use webhook* 和 *Webhook redelivery*，关闭 *Auto-reply messages* 和 *Greeting "
            "messages*（否则 LINE 会同时自动回复）。",
        ),
        text(
            "For groups switch on *Allow bot to join group chats*. Then add the account as a friend and write to it.",
            "需要进群时打开 *Allow bot to join group chats*。然后加官方账号为好友并发消息。",
        ),
    ),
    verifies=text(
        "Asks LINE who the bot is (bot info) and which address is registered, and lets LINE test that address.",
        "向 LINE 查询机器人信息和已登记的地址，并让 LINE 试连该地址。",
    ),
    registers=text(
        "Registers the address above at LINE and lets LINE test it. “Use webhook” must be switched on by hand.",
        "向 LINE 登记上面的地址并让 LINE 试连。“Use webhook” 须手动打开。",
    ),
    mends={
        "unauthorized": text(
            "Issue the token again: Messaging API → Channel access token (long-lived). It is not the channel secret.",
            "重新签发令牌：Messaging API → Channel access token (long-lived)。注意不是 Channel secret。",
        ),
    },
)
