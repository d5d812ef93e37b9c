"""Why calls of the platforms fail, in both languages. Errors are raised, logged and stored in English only."""

from __future__ import annotations

from adapters.guide import Text, text
from clawdbot.message_templates import Phrases

# Narrow ones first. What stands in a hole is looked up here too: a platform's name, a reason inside of a reason.
_SAID: tuple[Text, ...] = (
    text("WeCom", "企业微信"),
    text("DingTalk", "钉钉"),
    text("Feishu", "飞书"),
    text("the reply address", "回复地址"),
    # Outgoing requests (clawdbot.http)
    text("timed out", "超时"),
    text("the response took too long", "响应时间过长"),
    text("the connection failed", "连接失败"),
    text("the secure connection failed", "安全连接（TLS）失败"),
    text("the URL is malformed", "网址格式不正确"),
    text("the URL must be http or https with a host", "网址须以 http 或 https 开头并包含主机名"),
    text("the URL must not hold credentials", "网址中不得包含用户名或密码"),
    text("the response cannot be decompressed", "响应无法解压"),
    text("the response is larger than %(size)s bytes", "响应超过 %(size)s 字节"),
    text("too many redirects", "重定向过多"),
    text("the time for all requests together is used up", "全部请求的总时间已用完"),
    text("the URL or a header is malformed", "网址或请求头格式不正确"),
    text("status %(code)s: the body is not JSON", "状态码 %(code)s：响应不是 JSON"),
    text("%(host)s is not an allowed host", "不允许访问主机 %(host)s"),
    text("%(host)s is not a public address", "%(host)s 不是公网地址"),
    text("%(host)s is not a host of %(platform)s", "%(host)s 不是%(platform)s的主机"),
    text("%(method)s %(where)s: %(why)s", "%(method)s %(where)s：%(why)s"),
    # Answers
    text("%(platform)s answered %(code)s: %(told)s", "%(platform)s返回 %(code)s：%(told)s"),
    text("%(platform)s answered %(code)s: ", "%(platform)s返回 %(code)s"),
    text("%(platform)s answered %(code)s", "%(platform)s返回 %(code)s"),
    text("%(platform)s's answer is not understood", "无法识别%(platform)s的响应"),
    text("%(platform)s's answer to %(call)s is not understood", "无法识别%(platform)s对 %(call)s 的响应"),
    text("the answer does not name the account", "响应中没有账号信息"),
    text("the platform gave no access token", "平台没有返回访问令牌"),
    text("another server answers at this address", "该地址由其他服务器应答"),
    text("status %(code)s: %(told)s", "状态码 %(code)s：%(told)s"),
    text("status %(code)s", "状态码 %(code)s"),
    # The account
    text("no app_key or group_token is configured for this account", "此账号未设置 app_key 或 group_token"),
    text("no token and key are configured for this account", "此账号未设置 Token 和 EncodingAESKey"),
    text(
        "no verification token or encrypt key is configured for this account",
        "此账号未设置 Verification Token 或 Encrypt Key",
    ),
    text("no secret is configured for this account", "此账号未设置密钥"),
    text("no %(key)s is configured for this account", "此账号未设置 %(key)s"),
    text("there is no reply address and no robot_key", "没有回复地址，也未设置 robot_key"),
    text("set secret_token first: webhooks without it are refused", "请先设置 secret_token：没有它会拒绝 webhook"),
    text("enter the webhook address in the console of %(name)s", "请在 %(name)s 的控制台填写 webhook 地址"),
    text("“Use webhook” is off in the console", "控制台中的“Use webhook”未打开"),
    # Refused requests
    text("the signature does not match", "签名不匹配"),
    text("the signature is missing", "缺少签名"),
    text("the secret token does not match", "secret_token 不匹配"),
    text("the verify token does not match", "验证令牌不匹配"),
    text("the verification token does not match", "Verification Token 不匹配"),
    text("the timestamp is not within %(time)s of now", "时间戳与当前时间相差超过 %(time)s"),
    text("an hour", "1 小时"),
    text("5 minutes", "5 分钟"),
    text("X-Timestamp is not within %(time)s of now", "X-Timestamp 与当前时间相差超过 %(time)s"),
    text("X-Timestamp is required", "缺少 X-Timestamp"),
    text("the body is encrypted, but no encrypt key is configured", "请求体已加密，但未设置 Encrypt Key"),
    text("only card actions are signed this way", "只有卡片操作以这种方式签名"),
    text("the body holds no proof of where it comes from", "请求体中没有来源凭证"),
    text("the body is not encrypted for this account", "请求体不是为此账号加密的"),
    text("the text is not encrypted for this account", "密文不是为此账号加密的"),
    text("the encrypted text is not base64", "密文不是 base64"),
    text("there is no encrypted text", "没有密文"),
    text("%(name)s is not that of the encrypted text", "%(name)s 与密文中的不一致"),
    # Connections
    text("the connection of %(platform)s was not reached: %(error)s", "无法建立%(platform)s的连接：%(error)s"),
    text("the address of the connection of %(platform)s is malformed", "%(platform)s的连接地址格式不正确"),
    text("the connection of this robot is held elsewhere", "该机器人的连接由其他进程持有"),
    text("the connection was closed", "连接已关闭"),
    text("WeCom closed the connection at once", "企业微信立即关闭了连接"),
    text("WeCom did not answer on the connection", "企业微信未在连接上应答"),
    text("no publish function was given to the web adapter", "网页聊天没有发布函数"),
    text("publishing failed: %(error)s", "发布失败：%(error)s"),
    # Sending
    text("DingTalk holds messages to this person back", "钉钉限制了发给此人的消息"),
    text("DingTalk does not know this person", "钉钉不认识此人"),
    text("DingTalk did not deliver the card: %(told)s", "钉钉没有投递卡片：%(told)s"),
    text("DingTalk did not deliver the card: ", "钉钉没有投递卡片"),
    text("WeCom does not reach this member", "企业微信无法送达此成员"),
    text("people outside of the organisation have no staff id", "组织外的人员没有员工 ID"),
    text("there is nobody to push to", "没有推送对象"),
    text("there is nobody to send to", "没有发送对象"),
    text("there are more than %(count)s rows of buttons", "按钮超过 %(count)s 行"),
    text("a button's data is over %(count)s characters", "按钮数据超过 %(count)s 个字符"),
    text("a button's data is over %(count)s bytes", "按钮数据超过 %(count)s 字节"),
    text("a template carries no file", "模板消息不能带文件"),
    # Files
    text("the address is not https", "地址不是 https"),
    text("the file was answered with %(code)s", "下载文件时返回 %(code)s"),
    text("the file is larger than %(size)s bytes", "文件超过 %(size)s 字节"),
    text("the file does not decrypt", "文件无法解密"),
    text("the stored file is gone", "存储的文件已不存在"),
    text("the storage failed: %(error)s", "存储失败：%(error)s"),
    text("%(platform)s gave no path for the file", "%(platform)s没有返回文件路径"),
    text("%(platform)s gave no address for the file", "%(platform)s没有返回文件地址"),
    text("Slack gave a log-in page: files:read is missing", "Slack 返回了登录页：缺少 files:read 权限"),
    text("%(error)s in the adapter", "适配器内部错误：%(error)s"),
)
_CHINESE = {said["en"]: said["zh"] for said in _SAID}
_HOLES = {
    "platform": r"[A-Z]\w+|the reply address|wecom|dingtalk",
    "code": r"[\w.-]+(?: \(\d+\))?",
    "method": "[A-Z]+",
    "where": r"\S+",
    "host": r"\S+",
    "key": r"\w+",
    "name": r"\w+",
    "error": r"\w+",
    "size": r"\w+",
    "count": r"\w+",
}
_PHRASES = Phrases(_CHINESE, _HOLES)


def in_both(reason: str) -> Text:
    """A failure's English reason in both languages; what is not known, a platform's own words, stays as it is."""
    found = _PHRASES.recognise(reason)
    if found is None:
        return text(reason, reason)
    template, values = found
    return text(reason, _CHINESE[template] % {name: in_both(value)["zh"] for name, value in values.items()})
