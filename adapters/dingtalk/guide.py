"""The set-up guide of a DingTalk robot."""

from __future__ import annotations

from adapters.guide import Guide, Variant, text

GUIDE = Guide(
    steps=(
        text(
            "Open https://open-dev.dingtalk.com → *Application development* → *Create an application* → *Add "
            "features* → *Robot*.",
            "打开 https://open-dev.dingtalk.com → *应用开发* → *创建应用* → *添加应用能力* → *机器人*。",
        ),
        text(
            "*Credentials and basic information*: copy *Client ID* into *App key* and *Client Secret* into *App "
            "secret*.",
            "*凭证与基础信息*：把 *Client ID* 填入 *AppKey*，*Client Secret* 填入 *AppSecret*。",
        ),
        text(
            "*Permission management*: grant `qyapi_robot_sendmsg` and the permission to download files that robots "
            "receive.",
            "*权限管理*：开通 `qyapi_robot_sendmsg` 以及机器人接收文件的下载权限。",
        ),
    ),
    connect=(
        text(
            "The robot's page → *Message receiving mode* → *HTTP mode*: paste the address.",
            "机器人页面 → *消息接收模式* → *HTTP 模式*：粘贴地址。",
        ),
        text(
            "Or *Stream mode*: nothing to paste and no public address needed; run `python manage.py poll`.",
            "或选择 *Stream 模式*：无需粘贴地址，也不需要公网地址；运行 `python manage.py poll`。",
        ),
        text(
            "*Version management* → publish a version. Then write to the robot.",
            "*版本管理与发布* → 发布版本。然后给机器人发消息。",
        ),
    ),
    variants=(
        Variant(
            text("Custom group robot, which only sends", "自定义群机器人（仅发送）"),
            (
                text(
                    "In the group: *Settings* → *Robots* → *Custom*, security setting *Sign*.",
                    "在群里：*群设置* → *机器人* → *自定义*，安全设置选择*加签*。",
                ),
                text(
                    "Copy what follows `access_token=` into *Group robot token* and the secret (`SEC…`) into *Group "
                    "robot secret*.",
                    "把地址中 `access_token=` 之后的部分填入*群机器人 access_token*，密钥（`SEC…`"
                    "）填入*群机器人加签密钥*。",
                ),
            ),
        ),
    ),
    verifies=text(
        "Fetches an access token from DingTalk, which checks app key and app secret. DingTalk does not provide a name.",
        "向钉钉获取 access_token，以验证 AppKey 和 AppSecret；钉钉不提供机器人名称。",
    ),
    mends={
        "unauthorized": text(
            "Copy Client ID and Client Secret again from Credentials and basic information.",
            "从“凭证与基础信息”重新复制 Client ID 和 Client Secret。",
        ),
        "refused": text(
            "Copy Client ID and Client Secret again from Credentials and basic information.",
            "从“凭证与基础信息”重新复制 Client ID 和 Client Secret。",
        ),
        "ip_not_trusted": text(
            "Add this server's public address to the application's IP allowlist.",
            "把本服务器的公网 IP 加入应用的服务器出口 IP 白名单。",
        ),
        "no_secret": text("Enter the app secret (Client Secret).", "请填写 AppSecret（Client Secret）。"),
    },
)
