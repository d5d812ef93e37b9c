"""The one typed model of every setting: environment > YAML file > default.

Nothing outside `clawdbot_site` reads the environment or the YAML file; the apps read `settings.CLAWDBOT`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MemorySettings(Section):
    type: Literal["sqlite", "postgresql", "mysql", "mongodb"] = "sqlite"
    retention_days: int = Field(90, ge=0)


class ModelProviderSettings(Section):
    endpoint: str = ""
    api_key: SecretStr = SecretStr("")
    model: str = ""


class SemanticSearchSettings(Section):
    enable: bool = True
    dimension: int = Field(384, ge=1)
    index_type: Literal["faiss", "pgvector"] = "faiss"


class SkillSettings(Section):
    module: str
    triggers: tuple[str, ...] = ()


class ModelServerSettings(Section):
    enable: bool = True
    port: int = 8000


class WorkerSettings(Section):
    processes: int = Field(2, ge=0)
    threads: int = Field(8, ge=1)


class LimitSettings(Section):
    body_bytes: int = 1024 * 1024
    json_depth: int = 32
    flood_per_minute: int = 6000


class WebChatSettings(Section):
    """Limits of the web chat's socket. A bucket lets `*_burst` messages through at once, then `*_per_second`."""

    text_characters: int = Field(8000, ge=1, le=30_000)
    frame_bytes: int = Field(32 * 1024, ge=1024)
    visitor_burst: int = Field(20, ge=1)
    visitor_per_second: float = Field(2.0, gt=0)
    address_burst: int = Field(200, ge=1)
    address_per_second: float = Field(20.0, gt=0)
    # Peers whose X-Forwarded-For is believed: the reverse proxy in front of this server.
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")


class Config(Section):
    home: Path = Path("var")
    debug: bool = False
    database_url: str = ""
    redis_url: str = ""
    memory: MemorySettings = MemorySettings()
    model_provider: ModelProviderSettings = ModelProviderSettings()
    semantic_search: SemanticSearchSettings = SemanticSearchSettings()
    skills: tuple[SkillSettings, ...] = ()
    model_server: ModelServerSettings = ModelServerSettings()
    worker: WorkerSettings = WorkerSettings()
    limits: LimitSettings = LimitSettings()
    web_chat: WebChatSettings = WebChatSettings()
    time_zone: str = "UTC"
    language: str = "en"


def load() -> Config:
    path = os.environ.get("CLAWDBOT_CONFIG", "")
    values = yaml.safe_load(Path(path).read_text("utf8")) or {} if path else {}
    for key, name in (("home", "CLAWDBOT_HOME"), ("database_url", "DATABASE_URL"), ("redis_url", "REDIS_URL")):
        if os.environ.get(name):
            values[key] = os.environ[name]
    return Config(**values)
