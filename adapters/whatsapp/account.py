"""The account schema of a WhatsApp Business phone number."""

from __future__ import annotations

from typing import ClassVar

from adapters.account_fields import flag_field, secrets_field, token_field
from adapters.accounts import ApiAccount, Secrets, Text, account_field
from adapters.guide import Guide
from adapters.whatsapp.guide import GUIDE


class WhatsAppAccount(ApiAccount):
    """A phone number of a WhatsApp Business account, used by a Meta app."""

    guide: ClassVar[Guide] = GUIDE
    platform_url: ClassVar[str] = "https://graph.facebook.com"

    app_secret: Secrets = secrets_field(
        label=("App secret", "应用密钥"),
        help=(
            "Meta app > App settings > Basic. Without it messages are refused. While you reset it, enter the old and "
            "the new one.",
            "Meta 应用 > App settings > Basic。未设置时拒绝所有消息。重置期间可同时填新旧两个。",
        ),
    )
    verify_token: Secrets = secrets_field(
        label=("Verify token", "验证令牌"),
        help=(
            "A word of your choice; enter the same one in Meta's webhook form.",
            "自定义的字符串；在 Meta 的 Webhook 表单中填写相同的值。",
        ),
    )
    phone_number_id: Text = account_field(
        label=("Phone number id", "电话号码 ID"),
        help=("WhatsApp > API Setup; not the number itself.", "WhatsApp > API Setup；不是号码本身。"),
        pattern=r"^[0-9]+$",
    )
    access_token: Text = token_field(
        label=("Access token", "访问令牌"),
        help=(
            "The permanent token of a system user, with whatsapp_business_messaging.",
            "系统用户的永久令牌，含 whatsapp_business_messaging 权限。",
        ),
    )
    display_phone_number: Text = account_field(
        "",
        label=("Phone number", "电话号码"),
        help=("Digits only; needed to recognise the bot's own messages.", "仅数字；用于识别机器人自己的消息。"),
    )
    template_name: Text = account_field(
        "",
        label=("Template", "模板"),
        help=(
            "Approved template that is sent when the last message of the person is over 24 hours old.",
            "对方最后一条消息超过 24 小时后使用的已审核模板。",
        ),
        pattern=r"^[a-z0-9_]*$",
        advanced=True,
    )
    template_language: Text = account_field(
        "en_US",
        label=("Language of the template", "模板语言"),
        help=("As approved, such as en_US or zh_CN.", "与审核时一致，例如 en_US 或 zh_CN。"),
        pattern=r"^[A-Za-z_]{2,12}$",
        advanced=True,
    )
    template_text: bool = flag_field(
        label=("Template takes the text", "模板包含正文"),
        help=("The template's body has one variable {{1}}: the message.", "模板正文含一个变量 {{1}}：消息内容。"),
        advanced=True,
    )
    api_version: Text = account_field(
        "v24.0",
        label=("Graph API version", "Graph API 版本"),
        help=("Such as v24.0.", "例如 v24.0。"),
        pattern=r"^v[0-9]{1,3}\.[0-9]$",
        advanced=True,
    )

    @property
    def api(self) -> str:
        """Base URL of the API."""
        return f"{self.root}/{self.api_version}"
