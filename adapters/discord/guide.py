"""The set-up guide of a Discord application."""

from __future__ import annotations

from adapters.guide import Guide, text

GUIDE = Guide(
    steps=(
        text(
            "Open https://discord.com/developers/applications → *New Application*.",
            "打开 https://discord.com/developers/applications → *New Application*。",
        ),
        text(
            "*General Information*: copy *Application ID* and *Public Key*.",
            "*General Information*：复制 *Application ID*（应用 ID）和 *Public Key*（公钥）。",
        ),
        text("*Bot* → *Reset Token*: copy the token.", "*Bot* → *Reset Token*：复制令牌。"),
        text(
            "*Installation*: *Guild Install*, scopes `applications.commands` and `bot`, permissions *Send Messages* "
            "and *Send Messages in Threads*; open the install link.",
            "*Installation*：勾选 *Guild Install*，scope 选 `applications.commands` 和 `bot`，权限选 *Send Messages*、"
            "*Send Messages in Threads*，然后打开安装链接。",
        ),
    ),
    connect=(
        text(
            "Press *Set webhook*, or paste the address under *General Information* → *Interactions Endpoint URL*. "
            "Discord checks it at once, so it must be reachable.",
            "点击*设置 Webhook*；或把地址粘贴到 *General Information* → *Interactions Endpoint URL*。Discord "
            "会立即验证，地址须可从公网访问。",
        ),
        text(
            "Talk to the bot with `/ask`: ordinary channel messages do not reach it.",
            "用 `/ask` 与机器人对话（中文界面显示为 `/问`）；普通频道消息不会送达。",
        ),
    ),
    verifies=text(
        "Asks Discord who the bot is (users/@me), and compares the application's id, public key and address.",
        "向 Discord 查询机器人身份（users/@me），并核对应用 ID、公钥和已登记的地址。",
    ),
    registers=text(
        "Registers the address above as the interactions endpoint and the command /ask.",
        "把上面的地址登记为交互地址，并注册命令 /ask。",
    ),
    mends={
        "unauthorized": text(
            "Create a new token: Bot → Reset Token. The client secret under OAuth2 is not the bot token.",
            "重新生成令牌：Bot → Reset Token。OAuth2 页面的 Client Secret 不是机器人令牌。",
        ),
        "no_token": text(
            "Enter the bot token: Bot → Reset Token. Without it interactions work, but Discord cannot be queried or "
            "configured.",
            "请填写机器人令牌：Bot → Reset Token。没有它交互仍可用，但无法查询和设置。",
        ),
    },
)
