"""The set-up guide of a WhatsApp Business number."""

from __future__ import annotations

from adapters.guide import Guide, text

GUIDE = Guide(
    steps=(
        text(
            "Open https://developers.facebook.com/apps → *Create app* → *Business* → add *WhatsApp*.",
            "打开 https://developers.facebook.com/apps → *Create app* → *Business* → 添加 *WhatsApp*。",
        ),
        text(
            "*WhatsApp* → *API Setup*: copy *Phone number ID* (not the number itself).",
            "*WhatsApp* → *API Setup*：复制 *Phone number ID*（不是号码本身）。",
        ),
        text("*App settings* → *Basic*: copy *App secret*.", "*App settings* → *Basic*：复制 *App secret*。"),
        text(
            "https://business.facebook.com/settings → *System users* → *Add*, assign the app and the WhatsApp "
            "account, then *Generate token*: never expiring, with `whatsapp_business_messaging` and "
            "`whatsapp_business_management`. The token shown under API Setup expires after a day.",
            "https://business.facebook.com/settings → *System users* → *Add*，为其分配该应用和 WhatsApp 账号，再点击 "
            "*Generate token*：选择永不过期，勾选权限 `whatsapp_business_messaging`、`whatsapp_business_management`。"
            "API Setup 页的令牌一天后失效。",
        ),
        text(
            "Choose a *Verify token*, any long word, and enter it here and at Meta.",
            "自定义一个*验证令牌*（任意较长的字符串），在此处和 Meta 中填写相同的值。",
        ),
    ),
    connect=(
        text(
            "*WhatsApp* → *Configuration* → *Webhook* → *Edit*: paste the address and the same verify token, *Verify "
            "and save*.",
            "*WhatsApp* → *Configuration* → *Webhook* → *Edit*：粘贴地址和同一个验证令牌，点 *Verify and save*。",
        ),
        text("*Webhook fields*: subscribe to `messages`.", "*Webhook fields*：订阅 `messages`。"),
        text(
            "Switch the app to *Live*, else only messages from test numbers are delivered. Then write to the number.",
            "将应用切换为 *Live*，否则只能收到测试号码的消息。然后向该号码发消息。",
        ),
    ),
    verifies=text("Asks Meta for the phone number's name and number.", "向 Meta 查询该电话号码的名称和号码。"),
    mends={
        "unauthorized": text(
            "Generate the token again: Business settings → System users → Generate token. Tokens from API Setup "
            "expire after a day.",
            "重新生成令牌：Business settings → System users → Generate token。API Setup 页的令牌只有一天有效期。",
        ),
        "no_rights": text(
            "Assign the app and the WhatsApp account to the system user, and tick whatsapp_business_messaging.",
            "把该应用和 WhatsApp 账号分配给系统用户，并勾选 whatsapp_business_messaging。",
        ),
        "chat_not_found": text(
            "Compare the phone number ID with WhatsApp → API Setup; the token's user must have access to that number.",
            "请核对 WhatsApp → API Setup 中的 Phone number ID；令牌所属用户须能访问该号码。",
        ),
        "refused": text(
            "Compare the phone number ID with WhatsApp → API Setup, and the Graph API version.",
            "请核对 WhatsApp → API Setup 中的 Phone number ID 以及 Graph API 版本。",
        ),
    },
)
