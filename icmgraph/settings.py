"""Every setting, in one frozen class. Built once at the composition root and passed in.

Each is read from the environment as ``ICM_<NAME>``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from icmgraph.model.addresses import Mailbox, is_loopback

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Settings(BaseSettings):
    """The installation's settings."""

    model_config = SettingsConfigDict(
        env_prefix="ICM_", frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    home: Path = Field(Path(".icm"), description="Data, keys, logs and tokens of this installation.")

    neo4j_uri: str | None = Field(None, description="A Neo4j to use; unset: the managed one in ICM_HOME.")
    neo4j_user: str = Field("neo4j", description="Its user.")
    neo4j_password_file: Path | None = Field(None, description="File with its password (0600).")
    neo4j_database: str = Field("neo4j", description="The database's name.")
    neo4j_version: str = Field("2026.09.0", description="Version of the managed server; one that has a lock file.")
    maven_mirror: str | None = Field(None, description="Base address to fetch the server's jars from.")
    java_home: Path | None = Field(None, description="A Java for the managed server: 21 or 25; 17 or 21 for 5.26.")

    api_host: str = Field("127.0.0.1", description="Address the API listens on.")
    api_port: int = Field(8700, ge=0, le=65535, description="Port the API listens on.")
    api_url: HttpUrl | None = Field(None, description="The API's address, for the command line.")
    tls_cert: Path | None = Field(None, description="Certificate file of the API.")
    tls_key: Path | None = Field(None, description="Key file of the API.")
    api_ca: Path | None = Field(
        None, description="Certificates the command line trusts the API's by; unset: the usual."
    )
    behind_proxy: bool = Field(False, description="A proxy in front ends TLS.")
    metrics_port: int | None = Field(None, ge=1, le=65535, description="Port of the metrics, on loopback; unset: none.")
    api_queue: int = Field(32, ge=0, description="Requests of each kind that wait for a thread; the next get 503.")
    api_rate: int = Field(100, ge=1, description="Requests of one person a second; the next get 429.")
    api_parallel: int = Field(12, ge=1, description="Requests of one person at once; the next get 429.")
    upload_bytes: int = Field(64 * 1024 * 1024, ge=1, description="Largest upload.")
    token_file: Path | None = Field(None, description="File with the bearer token of the command line.")

    oidc_issuer: str | None = Field(None, description="Who signs tokens; its JWKS is fetched from there.")
    oidc_audience: str = Field("icmgraph", description="The audience a token must name.")
    local_issuer: bool = Field(False, description="Accept tokens signed by the key in ICM_HOME (demo, tests).")
    audit_url: SecretStr | None = Field(None, description="The audit store; unset: SQLite in ICM_HOME.")
    id_key_file: Path | None = Field(None, description="Key of identifiers' public ids; unset: in ICM_HOME.")

    check_answer_ms: int = Field(1000, ge=0, description="A check's answer leaves this long after its arrival.")
    receipt_days: int = Field(30, ge=1, description="Validity of a check's receipt.")
    registration_days: int = Field(180, ge=1, le=366, description="How long a registration stands unless renewed.")
    check_daily: int = Field(2000, ge=1, description="Different selectors a person may ask for in 24 hours.")
    conflict_hours: int = Field(24, ge=1, le=720, description="Until a leader is told of an unacknowledged conflict.")
    desk_contact: str = Field("Deconfliction coordination desk", description="Contact given for brokered matches.")
    smtp_host: str | None = Field(None, description="Mail server for notices; unset: no e-mail.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How it is spoken to; none: on loopback only."
    )
    smtp_from: Mailbox | None = Field(None, description="The sender's e-mail address.")
    smtp_user: str | None = Field(None, description="Its user; unset: without signing in.")
    smtp_password_file: Path | None = Field(None, description="File with that user's password (0600).")
    delivery_tries: int = Field(12, ge=1, description="Times that sending is tried.")
    delivery_wait_s: int = Field(30, ge=1, description="Seconds until the second try; then each time twice as many.")
    expand_nodes: int = Field(500, ge=1, description="Most nodes one expand returns.")
    hub_degree: int = Field(200, ge=1, description="Above this visible degree a node is not walked through.")
    memory: bool = Field(False, description="Keep links in memory for expand and paths; needs the extra memory.")
    chart_nodes: int = Field(1000, ge=1, description="Most nodes one chart draws.")

    @model_validator(mode="after")
    def _loopback_or_tls(self) -> Settings:
        tls = self.tls_cert is not None and self.tls_key is not None
        if not tls and (self.tls_cert or self.tls_key) is not None:
            raise ValueError("ICM_TLS_CERT and ICM_TLS_KEY come together")
        if self.api_host not in LOOPBACK and not tls and not self.behind_proxy:
            raise ValueError(
                "ICM_API_HOST is not loopback: set ICM_TLS_CERT and ICM_TLS_KEY, "
                "or ICM_BEHIND_PROXY=true if a proxy ends TLS"
            )
        return self

    @model_validator(mode="after")
    def _whole_mail_server(self) -> Settings:
        if self.smtp_host is not None and self.smtp_from is None:
            raise ValueError("ICM_SMTP_HOST is set: name the sender in ICM_SMTP_FROM")
        if (self.smtp_user is None) != (self.smtp_password_file is None):
            raise ValueError("ICM_SMTP_USER and ICM_SMTP_PASSWORD_FILE come together")
        if self.smtp_tls == "none" and self.smtp_host is not None and not is_loopback(self.smtp_host):
            raise ValueError("ICM_SMTP_TLS is none and ICM_SMTP_HOST is not loopback")
        return self

    @property
    def audit_address(self) -> str:
        """The audit store's SQLAlchemy URL. It may hold a password."""
        if self.audit_url is not None:
            return self.audit_url.get_secret_value()
        return f"sqlite:///{(self.home / 'audit.db').absolute()}"

    @property
    def key_file(self) -> Path:
        """The deployment's key."""
        return self.id_key_file or self.home / "keys" / "deployment.key"

    @property
    def base_url(self) -> str:
        """The API's address for clients, without a trailing slash."""
        if self.api_url is not None:
            return str(self.api_url).rstrip("/")
        scheme = "https" if self.tls_cert is not None else "http"
        return f"{scheme}://{self.api_host}:{self.api_port}"
