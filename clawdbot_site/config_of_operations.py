"""Settings of what keeps an installation safe and watched: backups, mail of alarms, traces. Part of `config`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from clawdbot_site.config_section import Section
from clawdbot_site.value_types import HttpAddress, Port, TimeOfDay


class BackupSettings(Section):
    """Backups: where they are kept, when they are made, how many are kept."""

    to: str = Field(
        "", max_length=500, description="Folder, or s3://bucket/prefix, of the backups; empty: `backups` under home."
    )
    name: str = Field(
        "clawdbot",
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
        description="Beginning of the names of backups; each installation that shares a place needs its own.",
    )
    at: TimeOfDay = Field(
        "", description='Time of the daily backup in time_zone, in quotes, e.g. "03:10"; empty: none is scheduled.'
    )
    keep_daily: int = Field(7, ge=1, le=3650, description="Days of which the last scheduled backup is kept.")
    keep_weekly: int = Field(4, ge=0, le=520, description="Weeks of which the last scheduled backup is kept.")
    uploads: bool = Field(True, description="Back up the files of people and of answers, too.")
    passphrase: SecretStr = Field(
        SecretStr(""),
        description="Encrypts keys and configuration in backups; without a passphrase they are left out.",
    )
    passphrase_file: str = Field("", description="File whose first line is the passphrase, instead of passphrase.")
    endpoint: HttpAddress = Field("", description="Address of the S3 storage of backups; empty: that of uploads.")
    region: str = Field("", max_length=60, description="Region of its bucket; empty: that of uploads.")
    access_key: SecretStr = Field(SecretStr(""), description="Access key of the S3 storage; empty: that of uploads.")
    secret_key: SecretStr = Field(SecretStr(""), description="Secret key of the S3 storage; empty: that of uploads.")
    programs: str = Field("", description="Folder of pg_dump, psql, mariadb-dump and mariadb; empty: by PATH.")


class MailSettings(Section):
    """The mail server that alarms are sent by."""

    host: str = Field("", max_length=255, description="Mail server that alarms are sent by; empty: none.")
    port: Port = Field(587, description="Its port: 587 with starttls, 465 with tls, 25 with none.")
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the connection is secured.")
    user: str = Field("", max_length=255, description="User name at the mail server; empty: no login.")
    password: SecretStr = Field(SecretStr(""), description="Password at the mail server.")
    sender: str = Field(
        "clawdbot@localhost", max_length=255, description="Address that mails come from, e.g. bot@example.com"
    )


class OtelSettings(Section):
    """Traces of messages, sent to a collector of OpenTelemetry."""

    endpoint: HttpAddress = Field(
        "", description="OTLP/HTTP address of a collector, e.g. http://127.0.0.1:4318; empty: no traces."
    )
    headers: SecretStr = Field(SecretStr(""), description="Headers for it, e.g. Authorization=Bearer abc,X-Team=bots")
    sample_ratio: float = Field(1.0, ge=0.0, le=1.0, description="Share of messages that are traced.")
