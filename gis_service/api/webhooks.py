"""Webhooks: addresses that are sent what happens to incidents."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gis_service.api.access import require
from gis_service.api.dependencies import Work
from gis_service.api.incident_feed import parse_position
from gis_service.api.incidents import CANONICAL_UUID
from gis_service.api.paging import bad_cursor, decode_cursor, encode_cursor, link_next
from gis_service.domain.access import Principal
from gis_service.domain.incident_feed import KINDS, FeedFilter
from gis_service.domain.webhook import LONGEST_URL, DeadLetter, Lag, Webhook
from gis_service.errors import NotFoundError
from gis_service.use_cases import keep_webhooks
from gis_service.use_cases.read_feed import begin_feed

router = APIRouter(tags=["webhooks"])

_LARGEST = 2**63 - 1
Keeper = Annotated[Principal, Depends(require("dispatcher"))]


async def parse_webhook_id(
    webhook_id: Annotated[str, Path(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])],
) -> UUID:
    """Return the id in the path; what is no UUID as RFC 9562 writes it, in small letters, is the id of nothing."""
    if CANONICAL_UUID.fullmatch(webhook_id) is None:
        raise NotFoundError(f"webhook {webhook_id[:64]} is not there")
    return UUID(webhook_id)


WebhookId = Annotated[UUID, Depends(parse_webhook_id)]


def known_kind(kind: str) -> str:
    """Return a kind of event that there is; of another one nothing would ever be sent."""
    if kind not in KINDS:
        msg = f"is no kind of event; the kinds are {', '.join(KINDS)}"
        raise ValueError(msg)
    return kind


class WebhookIn(BaseModel):
    """Where to send events, and which: of these kinds, of incidents below a grid, of a category or below it."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL, examples=["https://receiver.example/incidents"])]
    kinds: list[Annotated[str, AfterValidator(known_kind), Field(examples=["reported"])]] = Field(
        default_factory=list, max_length=100, description="none: all"
    )
    grid: Annotated[str, Field(pattern="^[0-9A-Za-z]{1,32}$")] | None = None
    category: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=200)] | None = None


class WebhookPatch(BaseModel):
    """What may be changed of a webhook."""

    model_config = ConfigDict(extra="forbid")

    paused: Annotated[bool, Field(strict=True)]


class ReplayIn(BaseModel):
    """From where to send again: a cursor of the feed; empty: from the beginning; "now": skip all that waits."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[str, Field(max_length=500)]


class RedeliverIn(BaseModel):
    """Which dead letters to send again; all when none are named."""

    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[Annotated[int, Field(strict=True, ge=1, le=_LARGEST)]], Field(max_length=1000)] | None = (
        None
    )


@router.post("/v1/webhooks", status_code=201)
def post_webhook(
    body: WebhookIn, principal: Keeper, work: Work, request: Request, response: Response
) -> dict[str, Any]:
    """Send what happens from now on to an address; the answer holds the secret, this once."""
    webhook, lag = keep_webhooks.create_webhook(
        body.url,
        FeedFilter(tuple(dict.fromkeys(body.kinds)), body.grid, body.category),
        principal,
        allow_private=request.state.webhook_allow_private,
        work=work,
    )
    response.headers["Location"] = f"/v1/webhooks/{webhook.id}"
    response.headers["Cache-Control"] = "no-store"
    return {**webhook_json(webhook, lag), "secret": webhook.secret}


@router.get("/v1/webhooks")
def get_webhooks(principal: Keeper, work: Work) -> dict[str, Any]:
    """Return the webhooks within the caller's scope, how far behind each is, and how it does."""
    return {"webhooks": [webhook_json(*one) for one in keep_webhooks.list_webhooks(principal, work)], "next": None}


@router.get("/v1/webhooks/{webhook_id}")
def get_webhook(principal: Keeper, webhook_id: WebhookId, work: Work) -> dict[str, Any]:
    """Return one webhook."""
    return webhook_json(*keep_webhooks.read_webhook(webhook_id, principal, work))


@router.patch("/v1/webhooks/{webhook_id}")
def patch_webhook(principal: Keeper, webhook_id: WebhookId, body: WebhookPatch, work: Work) -> dict[str, Any]:
    """Pause a webhook, or let it go on at once; what happens meanwhile waits."""
    keep_webhooks.pause_webhook(webhook_id, principal, work, is_paused=body.paused)
    return get_webhook(principal, webhook_id, work)


@router.delete("/v1/webhooks/{webhook_id}", status_code=204)
def delete_webhook(principal: Keeper, webhook_id: WebhookId, work: Work) -> None:
    """Remove a webhook and its dead letters."""
    keep_webhooks.remove_webhook(webhook_id, principal, work)


@router.post("/v1/webhooks/{webhook_id}/replay")
def post_replay(principal: Keeper, webhook_id: WebhookId, body: ReplayIn, work: Work) -> dict[str, Any]:
    """Send again all that came after a cursor; receivers know what they have by its id."""
    after = begin_feed(parse_position(body.after, "/after") if body.after else 0, FeedFilter(), work)
    keep_webhooks.replay_webhook(webhook_id, after, principal, work)
    return get_webhook(principal, webhook_id, work)


@router.get("/v1/webhooks/{webhook_id}/dead-letters")
def get_dead_letters(
    request: Request,
    response: Response,
    principal: Keeper,
    webhook_id: WebhookId,
    work: Work,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> dict[str, Any]:
    """Return the events that were given up, in the order of the feed."""
    after = 0 if cursor is None else decode_cursor(cursor, int)[0]
    if not 0 <= after <= _LARGEST:
        raise bad_cursor()
    found = keep_webhooks.list_dead_letters(webhook_id, principal, after=after, limit=limit + 1, work=work)
    following = encode_cursor(found[limit - 1].position) if len(found) > limit else None
    link_next(request, response, following)
    return {"dead_letters": [_letter_json(one) for one in found[:limit]], "next": following}


@router.post("/v1/webhooks/{webhook_id}/dead-letters/redeliver", status_code=202)
def post_redeliver(principal: Keeper, webhook_id: WebhookId, body: RedeliverIn, work: Work) -> dict[str, Any]:
    """Send dead letters once more; each leaves the list when it is taken."""
    return {"asked": keep_webhooks.redeliver(webhook_id, body.events, principal, work)}


def webhook_json(webhook: Webhook, lag: Lag) -> dict[str, Any]:
    """Return a webhook as it is answered, without its secret."""
    return {
        "id": str(webhook.id),
        "url": webhook.url,
        "kinds": list(webhook.wanted.kinds),
        "grid": webhook.wanted.grid,
        "category": webhook.wanted.category,
        "created_by": webhook.made_by.name,
        "created_at": webhook.created_at,
        "paused": webhook.paused_at is not None,
        "paused_at": webhook.paused_at,
        "cursor": encode_cursor(webhook.position),
        "lag": {"events": lag.events, "seconds": round(lag.seconds, 1)},
        "delivered": webhook.delivered,
        "failures": webhook.failures,
        "tries": webhook.tries,
        "next_try_at": webhook.next_try_at,
        "last_success_at": webhook.last_success_at,
        "last_failure_at": webhook.last_failure_at,
        "last_error": webhook.last_error,
        "dead_letters": webhook.dead_letters,
    }


def _letter_json(letter: DeadLetter) -> dict[str, Any]:
    return {
        "event_id": letter.event_id,
        "incident_id": str(letter.incident_id),
        "tries": letter.tries,
        "failed_at": letter.failed_at,
        "error": letter.error,
        "to_be_sent_again": letter.is_asked,
    }
