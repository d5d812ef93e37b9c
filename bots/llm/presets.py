"""Services and programs that people connect: addresses, usual model, context window, where a key is made.

The values are suggestions of a form: what the endpoint lists and what the operator enters counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Preset:
    """One service.

    Attributes:
        key: Its name in commands.
        name: Its name for people, in English, marked for translation where Chinese has another.
        endpoints: Base addresses, the usual one first; "RESOURCE" stands for a part that the operator replaces.
        model: A usual model; "" where only the endpoint knows.
        context_tokens: Context window of the usual model, in tokens.
        can_see: Whether the usual model takes images.
        keys_at: Page where a key is made; "" for a program that needs none.
        protocol: "openai" for chat completions, or "anthropic" for the Messages API.
        prices: Names of the service in `genai-prices`; the first one that knows a model counts.
        note: What is special, in English, marked for translation.
    """

    key: str
    name: str
    endpoints: tuple[str, ...]
    model: str = ""
    context_tokens: int = 8192
    can_see: bool = False
    keys_at: str = ""
    protocol: str = "openai"
    prices: tuple[str, ...] = ()
    note: str = ""

    @property
    def needs_key(self) -> bool:
        return bool(self.keys_at)


_LOCAL = _("Runs on a machine of yours. In a container, localhost is the container itself: name the other machine.")

PRESETS: tuple[Preset, ...] = (
    Preset(
        "openai",
        "OpenAI",
        ("https://api.openai.com/v1",),
        "gpt-5-mini",
        400_000,
        can_see=True,
        keys_at="https://platform.openai.com/api-keys",
        prices=("openai",),
    ),
    Preset(
        "anthropic",
        "Anthropic (Claude)",
        ("https://api.anthropic.com/v1",),
        "claude-sonnet-4-5",
        200_000,
        can_see=True,
        keys_at="https://console.anthropic.com/settings/keys",
        protocol="anthropic",
        prices=("anthropic",),
    ),
    Preset(
        "gemini",
        "Google Gemini",
        ("https://generativelanguage.googleapis.com/v1beta/openai",),
        "gemini-2.5-flash",
        1_048_576,
        can_see=True,
        keys_at="https://aistudio.google.com/apikey",
        prices=("google",),
    ),
    Preset(
        "deepseek",
        "DeepSeek",
        ("https://api.deepseek.com/v1",),
        "deepseek-chat",
        64_000,
        keys_at="https://platform.deepseek.com/api_keys",
        prices=("deepseek",),
    ),
    Preset(
        "qwen",
        _("Qwen (DashScope)"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        "qwen-plus",
        131_072,
        keys_at="https://bailian.console.aliyun.com/?tab=model#/api-key",
        note=_("A key belongs to one region: China and international have addresses of their own."),
    ),
    Preset(
        "zhipu",
        _("Zhipu GLM"),
        ("https://open.bigmodel.cn/api/paas/v4", "https://api.z.ai/api/paas/v4"),
        "glm-4.6",
        200_000,
        keys_at="https://open.bigmodel.cn/usercenter/apikeys",
        prices=("zhipuai", "zai"),
        note=_("A key belongs to one region: China and international have addresses of their own."),
    ),
    Preset(
        "moonshot",
        _("Moonshot Kimi"),
        ("https://api.moonshot.cn/v1", "https://api.moonshot.ai/v1"),
        "kimi-k2-0905-preview",
        262_144,
        keys_at="https://platform.moonshot.cn/console/api-keys",
        prices=("moonshotai",),
        note=_("A key belongs to one region: China and international have addresses of their own."),
    ),
    Preset(
        "doubao",
        _("Doubao (Volcano Ark)"),
        ("https://ark.cn-beijing.volces.com/api/v3",),
        "doubao-seed-1-6-250615",
        262_144,
        can_see=True,
        keys_at="https://console.volcengine.com/ark/region:ark+cn-beijing/apiKey",
        note=_("Open the model in the console of Ark first; the name of an inference endpoint (ep-…) works as well."),
    ),
    Preset(
        "siliconflow",
        _("SiliconFlow"),
        ("https://api.siliconflow.cn/v1", "https://api.siliconflow.com/v1"),
        "Qwen/Qwen3-8B",
        131_072,
        keys_at="https://cloud.siliconflow.cn/account/ak",
        note=_("A key belongs to one region: China and international have addresses of their own."),
    ),
    Preset(
        "openrouter",
        "OpenRouter",
        ("https://openrouter.ai/api/v1",),
        "openai/gpt-5-mini",
        400_000,
        can_see=True,
        keys_at="https://openrouter.ai/settings/keys",
        prices=("openrouter",),
    ),
    Preset(
        "azure",
        "Azure OpenAI",
        ("https://RESOURCE.openai.azure.com/openai/v1",),
        context_tokens=128_000,
        can_see=True,
        keys_at="https://portal.azure.com/",
        prices=("azure", "openai"),
        note=_(
            "Put the name of your resource into the address. As the model enter the name that you gave your "
            "deployment, for instance my-gpt-4o: the portal shows it under Deployments."
        ),
    ),
    Preset("ollama", "Ollama", ("http://127.0.0.1:11434/v1",), context_tokens=4096, note=_LOCAL),
    Preset("lmstudio", "LM Studio", ("http://127.0.0.1:1234/v1",), context_tokens=4096, note=_LOCAL),
    Preset("vllm", "vLLM", ("http://127.0.0.1:8000/v1",), note=_LOCAL),
    Preset("llamacpp", "llama.cpp", ("http://127.0.0.1:8080/v1",), note=_LOCAL),
    Preset("other", _("Other"), ("",), note=_("Any endpoint with OpenAI's chat completions.")),
)


def by_key(key: str) -> Preset | None:
    """Returns the preset with this key; None when there is none."""
    return next((preset for preset in PRESETS if preset.key == key), None)
