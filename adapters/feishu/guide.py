"""The set-up guide of a Feishu or Lark app."""

from __future__ import annotations

from adapters.guide import Guide, text

GUIDE = Guide(
    steps=(
        text(
            "Open https://open.feishu.cn/app (Lark: https://open.larksuite.com/app, and enter "
            "`https://open.larksuite.com` under *Advanced* → *API address*) → *Create custom app* → *Add features* → "
            "*Bot*.",
            "打开 https://open.feishu.cn/app（Lark 为 https://open.larksuite.com/app，并在*高级* → *API 地址*填 "
            "`https://open.larksuite.com`）→ *创建企业自建应用* → *添加应用能力* → *机器人*。",
        ),
        text(
            "*Credentials & basic info*: copy *App ID* and *App Secret*.",
            "*凭证与基础信息*：复制 *App ID* 和 *App Secret*。",
        ),
        text(
            "*Events & callbacks* → *Encryption strategy*: copy *Verification Token*, set an *Encrypt Key* and copy "
            "it too.",
            "*事件与回调* → *加密策略*：复制 *Verification Token*；设置 *Encrypt Key* 并复制。",
        ),
        text(
            "*Permissions*: `im:message:send_as_bot` `im:message.p2p_msg:readonly` "
            "`im:message.group_at_msg:readonly`; for files `im:resource`, for all messages of a group "
            "`im:message.group_msg`.",
            "*权限管理*：开通 `im:message:send_as_bot` `im:message.p2p_msg:readonly` "
            "`im:message.group_at_msg:readonly`；收发文件加 `im:resource`，接收全部群消息加 `im:message.group_msg`。",
        ),
    ),
    connect=(
        text(
            "*Events & callbacks* → *Event configuration* → *Send notifications to developer's server*: paste the "
            "address. Do the same under *Callback configuration*. Feishu checks it at once.",
            "*事件与回调* → *事件配置* → *将事件发送至开发者服务器*：粘贴地址；*回调配置*填同一地址。飞书会立即验证。",
        ),
        text(
            "Add the event `im.message.receive_v1` and the callback `card.action.trigger`.",
            "添加事件 `im.message.receive_v1` 和回调 `card.action.trigger`。",
        ),
        text(
            "*Version management & release*: create a version and have it released. Then write to the bot.",
            "*版本管理与发布*：创建版本并发布。然后给机器人发消息。",
        ),
        text(
            "Press *Verify* once: it fills in *Bot open id*, which is needed to recognise mentions in groups.",
            "点击一次*验证*：会自动填入*机器人 open_id*，用于识别群里的 @。",
        ),
    ),
    verifies=text(
        "Fetches a tenant access token from Feishu and asks who the bot is (bot/v3/info).",
        "向飞书获取 tenant_access_token，并查询机器人信息（bot/v3/info）。",
    ),
    mends={
        "unauthorized": text(
            "Copy App ID and App Secret again from Credentials & basic info. Lark apps need the API address of Lark.",
            "从“凭证与基础信息”重新复制 App ID 和 App Secret。Lark 应用须填写 Lark 的 API 地址。",
        ),
        "app_disabled": text(
            "Add the feature Bot and release a version of the app.", "请添加“机器人”能力并发布应用版本。"
        ),
        "no_rights": text(
            "Grant the permission under Permissions and release a new version.",
            "在“权限管理”中开通该权限并发布新版本。",
        ),
        "ip_not_trusted": text(
            "Add this server's address under Security settings → IP allowlist.",
            "在“安全设置 → IP 白名单”中加入本服务器的公网 IP。",
        ),
    },
    fills={"bot_open_id": "id"},
)
