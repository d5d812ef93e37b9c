"""The set-up guide of WeCom: an application, a smart robot or a group robot."""

from __future__ import annotations

from adapters.guide import Guide, Variant, text

GUIDE = Guide(
    steps=(
        text(
            "Open https://work.weixin.qq.com/wework_admin/frame → *Apps* → *Create an app*: copy *AgentId* and "
            "*Secret*.",
            "打开 https://work.weixin.qq.com/wework_admin/frame → *应用管理* → *创建应用*：复制 *AgentId* "
            "和 *Secret*。",
        ),
        text("*My company*: copy *Corp ID*.", "*我的企业*：复制*企业 ID*。"),
        text(
            "The app → *Receive messages* → *Set up API*: press *Random* for both fields, copy *Token* and "
            "*EncodingAESKey*. Keep that page open; you save it in the next part.",
            "应用详情 → *接收消息* → *设置 API 接收*：两处均点击*随机获取*，复制 *Token* 和 *EncodingAESKey*。请保持"
            "该页面打开，下一步再保存。",
        ),
        text(
            "The app → *Trusted IPs*: add this server's public address; without it sending fails with 60020.",
            "应用详情 → *企业可信 IP*：加入本服务器的公网 IP，否则发送会返回 60020。",
        ),
    ),
    connect=(
        text(
            "On the page that you kept open, paste the address into *URL* and save. WeCom calls it at once, so it "
            "must be reachable.",
            "回到刚才的页面：把地址粘贴到 *URL* 并保存。企业微信会立即请求该地址，须可从公网访问。",
        ),
        text("Write to the app in WeCom.", "在企业微信中给该应用发消息。"),
    ),
    variants=(
        Variant(
            text("Smart robot", "智能机器人"),
            (
                text(
                    "*Apps* → *Smart robots* → *Create* → *API mode*: copy *Token* and *EncodingAESKey*, leave the "
                    "corp id empty.",
                    "*应用管理* → *智能机器人* → *创建* → *API 模式*：复制 *Token* 和 *EncodingAESKey*，企业 ID 留空。",
                ),
                text(
                    "Save this form, then paste the address there and save.",
                    "保存本表单后，把地址粘贴到该页面并保存。",
                ),
            ),
        ),
        Variant(
            text("Smart robot by long connection, without a public address", "智能机器人（长连接，无需公网地址）"),
            (
                text(
                    "*Apps* → *Smart robots* → *Create* → *API mode* → *Long connection*: copy *Bot ID* and *Secret*.",
                    "*应用管理* → *智能机器人* → *创建* → *API 模式* → *使用长连接*：复制 *BotID* 和 *Secret*。",
                ),
                text(
                    "Save this form and keep `python manage.py poll` running; nothing is pasted.",
                    "保存本表单并保持 `python manage.py poll` 运行；无需粘贴地址。",
                ),
            ),
        ),
        Variant(
            text("Group robot, which only sends", "群机器人（仅发送）"),
            (
                text(
                    "In the group: *Group robots* → *Add*; copy what follows `key=` in its address into *Group robot "
                    "key*.",
                    "在群里：*群机器人* → *添加*；把 Webhook 地址中 `key=` 之后的部分填入*群机器人 key*。",
                ),
            ),
        ),
    ),
    verifies=text(
        "Fetches an access token from WeCom (gettoken) and asks for the application's name (agent/get).",
        "向企业微信获取 access_token（gettoken），并查询应用名称（agent/get）。",
    ),
    mends={
        "unauthorized": text(
            "Copy the secret again: Apps → the app → Secret. Each app has its own; the corp id is shown under My "
            "company.",
            "重新复制 Secret：应用管理 → 该应用 → Secret。每个应用的 Secret 不同；企业 ID 在“我的企业”。",
        ),
        "ip_not_trusted": text(
            "Add this server's public address: the app → Trusted IPs.",
            "把本服务器的公网 IP 加入：应用详情 → 企业可信 IP。",
        ),
        "no_rights": text(
            "Compare the agent id with the app the secret belongs to.", "请核对 AgentId 与 Secret 是否属于同一应用。"
        ),
        "no_secret": text("Enter the application secret.", "请填写应用 Secret。"),
    },
)
