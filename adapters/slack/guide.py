"""The set-up guide of a Slack app."""

from __future__ import annotations

from adapters.guide import Guide, text

GUIDE = Guide(
    steps=(
        text(
            "Open https://api.slack.com/apps → *Create New App* → *From scratch*.",
            "打开 https://api.slack.com/apps → *Create New App* → *From scratch*。",
        ),
        text(
            "*OAuth & Permissions* → *Bot Token Scopes*: add `app_mentions:read` `chat:write` `im:history` `commands`;"
            " for whole channels `channels:history` `groups:history` `mpim:history`;"
            " for files `files:read` `files:write`.",
            "*OAuth & Permissions* → *Bot Token Scopes*：添加 `app_mentions:read` `chat:write` `im:history` "
            "`commands`；读取整个频道再加 `channels:history` `groups:history` `mpim:history`；"
            "收发文件加 `files:read` `files:write`。",
        ),
        text(
            "*Install to Workspace*, then copy *Bot User OAuth Token* (`xoxb-…`) into *Bot token*.",
            "点击 *Install to Workspace*，把 *Bot User OAuth Token*（`xoxb-…`）填入*机器人令牌*。",
        ),
        text(
            "*Basic Information* → *App Credentials*: copy *Signing Secret*.",
            "*Basic Information* → *App Credentials*：复制 *Signing Secret* 填入*签名密钥*。",
        ),
    ),
    connect=(
        text(
            "*Event Subscriptions* → on → *Request URL*: paste the address; Slack checks it at once. *Subscribe to "
            "bot events*: `message.im` `app_mention`; for whole channels `message.channels` `message.groups` "
            "`message.mpim`.",
            "*Event Subscriptions* → 打开 → *Request URL*：粘贴地址，Slack 会立即验证。*Subscribe to bot events*："
            "`message.im` `app_mention`；接收整个频道的消息再加 `message.channels` `message.groups` `message.mpim`。",
        ),
        text(
            "*Interactivity & Shortcuts* → on → paste the same address. *Slash Commands* → for instance `/ask` → the "
            "same address.",
            "*Interactivity & Shortcuts* → 打开 → 同一地址；*Slash Commands* → 例如 `/ask` → 同一地址。",
        ),
        text(
            "*App Home* → *Messages Tab* → allow messages. Reinstall the app when Slack asks, then write to the bot.",
            "*App Home* → *Messages Tab* → 允许用户发消息。按提示重新安装应用，然后给机器人发消息。",
        ),
    ),
    verifies=text("Asks Slack whose token it is (auth.test).", "向 Slack 查询令牌所属的机器人（auth.test）。"),
    mends={
        "unauthorized": text(
            "Copy the token again: OAuth & Permissions → Bot User OAuth Token (xoxb-…). Reinstalling the app changes "
            "it.",
            "重新复制令牌：OAuth & Permissions → Bot User OAuth Token（xoxb-…）。重新安装应用后令牌会变化。",
        ),
        "no_rights": text(
            "Add the missing scope under OAuth & Permissions and reinstall the app.",
            "在 OAuth & Permissions 中添加缺少的权限并重新安装应用。",
        ),
    },
)
