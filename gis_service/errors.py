"""What the service refuses, in words; no HTTP here (``api/problems.py`` alone knows numbers).

ServiceError
├── NotFoundError            not there, or not to be seen by who asks
├── ClashError               wrong because of what is stored
├── PreconditionFailedError  the thing has changed since the caller last saw it
├── RuleBrokenError          wrong whatever is stored
├── BadAddressError          the address cannot be one of ours, whatever is stored
├── TooLargeError            more than the service takes at once
├── AccessError
│   ├── UnauthenticatedError no token, or one that is not valid
│   └── ForbiddenError       the thing may be seen, but this act is not allowed
└── UnavailableError         try again later

Each refusal has a stable ``code`` that clients may rely on, and a sentence that names the thing and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class InputFault:
    """One place in the input that is at fault: an RFC 6901 pointer or a parameter's name, and a sentence."""

    pointer: str
    detail: str


class ServiceError(Exception):
    """A refusal: ``str(error)`` is the sentence for the caller; ``members`` are told with it (RFC 9457, 3.2)."""

    code = "service-error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        faults: Sequence[InputFault] = (),
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = dict(members or {})
        self.faults = tuple(faults)
        if code is not None:
            self.code = code


class NotFoundError(ServiceError):
    """The thing is not there, or not for who asks."""

    code = "not-found"


class ClashError(ServiceError):
    """The request is well formed but clashes with what is stored."""

    code = "conflict"


class PreconditionFailedError(ServiceError):
    """The caller wants to change a state that is no longer the present one."""

    code = "stale"


class RuleBrokenError(ServiceError):
    """The request breaks a rule whatever is stored."""

    code = "invalid-input"


class BadAddressError(ServiceError):
    """The address is written wrong: there can be nothing at it."""

    code = "bad-address"


class TooLargeError(ServiceError):
    """The request is larger than the service takes at once."""

    code = "too-large"


class AccessError(ServiceError):
    """Who asks may not."""

    code = "forbidden"


class UnauthenticatedError(AccessError):
    """A token is needed, or the one given is not valid."""

    code = "unauthenticated"


class ForbiddenError(AccessError):
    """The caller is known but may not do this."""

    code = "forbidden"


class UnavailableError(ServiceError):
    """Something the service needs is away; the same request may succeed later."""

    code = "unavailable"
