"""Access tokens of an identity provider: is the signature its own, and does the token hold here and now?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import jwt

from gis_service.domain.access import Principal
from gis_service.domain.claims import ClaimNames, principal_of
from gis_service.errors import UnauthenticatedError
from gis_service.oidc.issuer import Issuer

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What a token may be signed with: only what takes a private key that we do not have.  Never none, never HS256."""

LONGEST_TOKEN = 16 * 1024
"""Characters; tokens of identity providers have one or two thousand."""

_TYPES = {None, "jwt", "at+jwt", "application/at+jwt"}
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def is_access_token(secret: str) -> bool:
    """Say whether a bearer token is written as a JSON Web Token: three parts with dots between."""
    return _JWT.fullmatch(secret) is not None


@dataclass(frozen=True, slots=True)
class Verifier:
    """Checks access tokens of one issuer.

    Attributes:
        issuer: whose keys are believed.
        audience: this service, as the tokens name it.
        skew_s: clocks may differ by so many seconds.
        names: the claims that hold role and scope.
    """

    issuer: Issuer
    audience: str
    skew_s: float
    names: ClaimNames

    def verify(self, token: str) -> tuple[Principal, datetime]:
        """Return who a token speaks for, and until when it may be believed, the skew included.

        Raises:
            UnauthenticatedError: it is not signed by the issuer, not for this service, not now, or gives no right.
            UnavailableError: its key is not known, and the issuer cannot be asked.

        Source:
            RFC 8725 (best practices: the algorithm is not the token's to choose), RFC 9068, 4.
        """
        if len(token) > LONGEST_TOKEN:
            raise _refused(f"it is longer than {LONGEST_TOKEN} characters")
        try:
            header = jwt.get_unverified_header(token)
            algorithm, kid = header.get("alg"), header.get("kid")
            if algorithm not in ALGORITHMS:
                raise _refused(f"it must be signed with one of {', '.join(ALGORITHMS)}")
            if str(header.get("typ", "JWT")).lower() not in _TYPES:
                raise _refused("it is a token of another kind")
            key = self.issuer.key(kid) if isinstance(kid, str) else None
            if key is None:
                raise _refused("its key is none of the issuer's")
            if key.get("alg", algorithm) != algorithm:
                raise _refused("its key signs with another algorithm")
            claims = jwt.decode(
                token,
                jwt.PyJWK(key, algorithm),
                algorithms=[algorithm],
                audience=self.audience,
                issuer=self.issuer.url,
                leeway=self.skew_s,
                options={"require": ["exp", "iat", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
            )
            until = datetime.fromtimestamp(int(claims["exp"]) + self.skew_s, UTC)
        except jwt.PyJWTError as error:
            raise _refused(_REASONS.get(type(error), "it cannot be verified")) from error
        except (ValueError, TypeError, OverflowError, OSError, RecursionError) as error:
            # Parts that are no JSON, and instants beyond the calendar.
            raise _refused("it cannot be read") from error
        return principal_of(claims, self.names), until


_REASONS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it is not valid yet",
    jwt.InvalidAudienceError: "it is for another audience",
    jwt.InvalidIssuerError: "it is from another issuer",
    jwt.InvalidSignatureError: "its signature is not the issuer's",
    jwt.MissingRequiredClaimError: "it lacks one of exp, iat, iss, aud and sub",
}


def _refused(reason: str) -> UnauthenticatedError:
    return UnauthenticatedError(f"the access token is not valid: {reason}", code="invalid-token")
