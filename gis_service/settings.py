"""Every setting of the service, read once from the environment where the parts are put together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gis_service.domain.tokens import LEAST_KEY_CHARACTERS


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        msg = f"no time zone is called {name!r}; Asia/Shanghai is one"
        raise ValueError(msg) from None
    return name


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        msg = "must be an address like https://grid.example.cn"
        raise ValueError(msg)
    return url.rstrip("/")


def _with_driver(url: str) -> str:
    if not url.startswith("postgresql+psycopg2://"):
        msg = "must begin with postgresql+psycopg2://"
        raise ValueError(msg)
    return url


class Settings(BaseSettings):
    """Frozen settings from ``GIS_*``; docs/settings.md has a row for each."""

    model_config = SettingsConfigDict(env_prefix="GIS_", frozen=True, extra="ignore")

    database_url: Annotated[str, AfterValidator(_with_driver)] | None = Field(
        default=None,
        description="SQLAlchemy URL, postgresql+psycopg2://…; unset: the embedded database under GIS_HOME.",
    )
    home: Path = Field(
        default=Path(".gis"),
        description="Folder of the embedded database, snapshots, tiles and archives.",
    )
    pool_size: int = Field(
        default=20, ge=1, description="Database connections a worker may hold; also its number of threads."
    )
    statement_timeout_ms: int = Field(
        default=60_000, ge=100, description="The database gives up a statement after this many milliseconds."
    )
    body_limit_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1024,
        description="A larger request body is refused with 413; streams of points may be longer.",
    )
    batch_limit: int = Field(default=1_000_000, ge=1, description="Most points in one batch lookup.")
    area_vertex_limit: int = Field(default=2_000, ge=4, description="Most positions of one area to look up.")
    building_conflict_m: float = Field(
        default=200.0, ge=0, description="A position farther than this from the building named with it is told of."
    )
    check_in_near_m: float = Field(
        default=50.0,
        ge=0,
        description="A check-in no farther than this from the door is near; its accuracy is added.",
    )
    expiring_soon_days: int = Field(
        default=30,
        ge=0,
        le=3650,
        description="A stock whose last day of use is at most so many days ahead expires soon.",
    )
    positions_kept_days: int = Field(
        default=90, ge=1, le=36_500, description="Positions of staff older than so many days are deleted."
    )
    tile_cache_bytes: int = Field(
        default=256 * 1024 * 1024, ge=0, description="Memory a worker may use for compressed tiles."
    )
    tile_disk_bytes: int = Field(
        default=1024 * 1024 * 1024,
        ge=0,
        description="Disk that all workers may use under GIS_HOME/tiles for tiles that never change; 0: none.",
    )
    tile_queue: int = Field(
        default=200, ge=0, description="Tiles that may wait in a worker to be rendered; more are answered with 503."
    )
    tile_seed: int = Field(
        default=2000,
        ge=0,
        description="Tiles rendered ahead after a publication, of those on disk before; 0: none, nor carried over.",
    )
    snapshot_poll_s: float = Field(
        default=2.0, gt=0, description="Seconds between two looks for a new edition, should a notice be lost."
    )
    snapshot_recent: int = Field(
        default=3,
        ge=0,
        description="Editions before the one in force that a worker holds for questions about the past.",
    )
    shadow_check: int = Field(
        default=1000, ge=0, description="One in so many single lookups is asked of the database again; 0: none."
    )
    token_cache_s: float = Field(
        default=5.0, ge=0, description="Seconds for which a checked token is believed; a revocation takes as long."
    )
    token_key: SecretStr | None = Field(
        default=None,
        min_length=LEAST_KEY_CHARACTERS,
        description="Secret of 32 characters or more that seals the stored hashes of API tokens; docs/rights.md.",
    )
    token_key_before: SecretStr | None = Field(
        default=None,
        min_length=LEAST_KEY_CHARACTERS,
        description="The secret before GIS_TOKEN_KEY, believed while it is being replaced.",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Issuer whose OpenID Connect access tokens are accepted, exactly as they name it; unset: none.",
    )
    oidc_audience: str | None = Field(
        default=None, description="This service, as access tokens name it (aud); to be set with the issuer."
    )
    oidc_skew_s: float = Field(
        default=60.0, ge=0, le=300, description="Seconds by which the issuer's clock may differ."
    )
    oidc_role_claim: str = Field(
        default="gis_role", description="Claim that holds the role; a dot leads into an object."
    )
    oidc_scope_claim: str = Field(
        default="gis_scope", description="Claim that holds the grid code of the scope, or * for everywhere."
    )
    oidc_keys_s: float = Field(
        default=3600.0, gt=0, description="Seconds after which the issuer's keys are fetched anew."
    )
    oidc_refetch_s: float = Field(
        default=30.0,
        gt=0,
        description="A key that is not known has the keys fetched at most once in so many seconds.",
    )
    address_rate: float = Field(
        default=50.0,
        ge=0,
        description="Requests a second from one address without a known token, for each worker; 0: no limit.",
    )
    address_burst: int = Field(default=1000, ge=1, description="Requests that such an address may send at once.")
    principal_rate: float = Field(
        default=1000.0, ge=0, description="Requests a second of one token, for each worker; 0: no limit."
    )
    principal_burst: int = Field(default=5000, ge=1, description="Requests that a token may send at once.")
    trusted_proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"),
        description="Proxies whose X-Forwarded-For and -Proto are believed: addresses or networks, as a JSON array.",
    )
    hsts_s: int = Field(
        default=365 * 24 * 3600,
        ge=0,
        description="Seconds for which browsers are told to come by https only; told over https; 0: not told.",
    )
    feed_streams: int = Field(
        default=100, ge=0, description="Streams of events a worker keeps open; one more is answered with 503."
    )
    feed_poll_s: float = Field(
        default=1.0, gt=0, description="Seconds between two looks for new events, should a notice be lost."
    )
    webhook_delivery: bool = Field(default=True, description="Whether this service sends webhooks.")
    webhook_allow_private: bool = Field(
        default=False, description="Whether webhooks may lead into this machine and private networks."
    )
    webhook_timeout_s: float = Field(
        default=10.0, gt=0, description="Seconds that a receiver of a webhook has to answer."
    )
    webhook_tries: int = Field(
        default=20, ge=1, description="How often an event is sent to a webhook before it becomes a dead letter."
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="Asia/Shanghai", description="Time zone of working days and deadlines."
    )
    alarm_remind_share: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="Share of the time to a deadline after which a reminder is given; 1: none.",
    )
    alarm_repeat_share: float = Field(
        default=0.5,
        gt=0,
        le=100,
        description="While overdue, the next grid up the chain is told after each further share of that time.",
    )
    alarm_poll_s: float = Field(
        default=5.0,
        ge=0,
        description="Seconds between two looks for alarms that are due; 0: this service rings none.",
    )
    cors_origins: tuple[str, ...] = Field(
        default=("*",), description="Origins whose pages may call the API, as a JSON array."
    )
    attribution: str = Field(default="", description="Source of the boundaries, shown on maps.")
    sheet_font: Path | None = Field(
        default=None, description="Font file with Chinese letters for map sheets; unset: where packages put them."
    )
    public_url: Annotated[str, AfterValidator(_web_address)] = Field(
        default="http://127.0.0.1:8000",
        description="Where people reach this service, like https://grid.example.cn; door plates lead there.",
    )
    public_contacts: Literal["masked", "full", "none"] = Field(
        default="masked",
        description="What a door's page tells of who serves the grid: masked, full names and numbers, or none.",
    )
    door_secret: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Signs the form of a door's page, the same for all machines; unset: a file under GIS_HOME.",
    )
    door_reports_of_address: int = Field(
        default=10, ge=1, description="Reports in an hour that one network address may send from doors' pages."
    )
    door_reports_of_building: int = Field(
        default=30, ge=1, description="Reports in an hour that the doors' pages of one building take."
    )
    photos: str | None = Field(
        default=None,
        description="Where photos lie: a folder, or s3://bucket/folder and the like; unset: under GIS_HOME.",
    )
    photo_limit_bytes: int = Field(
        default=20 * 1024 * 1024, ge=1024, description="A larger photo is refused with 413."
    )
    audit_queue: int = Field(
        default=10_000,
        ge=1,
        description="Acts that may wait to be recorded; when so many do, writes and restricted reads get 503.",
    )
    audit_seal_s: float = Field(
        default=10.0,
        ge=0,
        description="Seconds between two seals over the record of acts; 0: this service makes none.",
    )
    audit_unusual_things: int = Field(
        default=5000, ge=1, description="More things of important or core data read by one in an hour are unusual."
    )
    audit_unusual_times: float = Field(
        default=10.0, gt=1, description="More than so many times one's own usual hour are unusual."
    )
    audit_night: tuple[Annotated[int, Field(ge=0, le=23)], Annotated[int, Field(ge=0, le=23)]] = Field(
        default=(22, 6), description="Hours of the night, when reading core data is unusual, as a JSON array."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )

    @model_validator(mode="after")
    def _refuse_half_an_issuer(self) -> Self:
        if self.oidc_issuer is not None and not self.oidc_audience:
            msg = (
                "GIS_OIDC_AUDIENCE must be set with GIS_OIDC_ISSUER: else tokens for other services would be accepted"
            )
            raise ValueError(msg)
        return self
