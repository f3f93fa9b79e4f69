"""Access tokens of a real little issuer: keys that rotate, clocks that differ, tokens that do not hold."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gis_service.domain.claims import ClaimNames
from gis_service.errors import UnauthenticatedError, UnavailableError
from gis_service.oidc.access_token import LONGEST_TOKEN, Verifier, is_access_token
from gis_service.oidc.issuer import LONGEST_USE_S, Issuer
from tests.support.identity_provider import AUDIENCE, IdentityProvider, new_key

HOUR = 3600.0


@pytest.fixture(scope="module")
def provider():
    """An issuer with a key of its own, ``first``."""
    made = IdentityProvider()
    made.keys["first"] = new_key()
    yield made
    made.stop()


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(provider, clock) -> Verifier:
    """A verifier that has not asked for keys yet."""
    provider.asked.clear()
    issuer = Issuer(provider.url, keys_s=HOUR, refetch_s=30, clock=clock)
    return Verifier(issuer, audience=AUDIENCE, skew_s=60, names=ClaimNames())


def reason(verifier: Verifier, token: str) -> str:
    """Return why a token is refused."""
    with pytest.raises(UnauthenticatedError) as refused:
        verifier.verify(token)
    return refused.value.detail.partition("not valid: ")[2] or refused.value.detail


def test_a_token_gives_the_role_and_scope_of_its_claims(provider, verifier):
    """Believed until its end and the skew; keys are fetched once for many tokens."""
    end = int(time.time()) + 100

    principal, until = verifier.verify(provider.token("first", exp=end))
    verifier.verify(provider.token("first", sub="li"))

    assert (principal.name, principal.role, principal.scope) == ("oidc:zhang", "worker", "U1")
    assert until.timestamp() == end + 60
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]


def test_rsa_keys_are_taken_too(provider, verifier):
    """RS256 and PS256 with the key that names no algorithm."""
    provider.keys["rsa"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    try:
        for algorithm in ("RS256", "PS256"):
            assert verifier.verify(provider.token("rsa", algorithm))[0].role == "worker"
    finally:
        del provider.keys["rsa"]


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": -61}, "it has expired"),
        ({"nbf": 61 + 5}, "it is not valid yet"),
        ({"iat": 61 + 5}, "it is not valid yet"),
        ({"exp": None}, "it lacks one of exp, iat, iss, aud and sub"),
        ({"iat": None}, "it lacks one of exp, iat, iss, aud and sub"),
        ({"sub": None}, "it lacks one of exp, iat, iss, aud and sub"),
        ({"aud": None}, "it lacks one of exp, iat, iss, aud and sub"),
        ({"aud": "another-service"}, "it is for another audience"),
        ({"iss": "https://elsewhere.example"}, "it is from another issuer"),
        ({"exp": 10**18}, "it cannot be read"),
    ],
)
def test_a_token_that_does_not_hold_is_refused_with_the_reason(provider, verifier, claims, why):
    """Instants are seconds from now; the skew is 60 s."""
    now = int(time.time())
    instants = {name: now + value for name, value in claims.items() if isinstance(value, int)}

    assert reason(verifier, provider.token("first", **{**claims, **instants})) == why


def test_clocks_may_differ_by_the_skew(provider, verifier):
    """Expired 50 s ago, and valid in 50 s, here: both hold."""
    now = int(time.time())

    assert verifier.verify(provider.token("first", exp=now - 50))[0].role == "worker"
    assert verifier.verify(provider.token("first", iat=now + 50, nbf=now + 50))[0].role == "worker"


def test_the_token_does_not_choose_its_algorithm(provider, verifier):
    """``none``, and HS256 with the public key as its secret: both are refused before any key is looked at."""
    public = provider.keys["first"].public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    payload = provider.token("first").split(".")[1]

    def part(value: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    forged = [f"{part({'alg': alg, 'kid': 'first', 'typ': 'JWT'})}.{payload}" for alg in ("none", "HS256", "ES256")]
    signed = base64.urlsafe_b64encode(jwt.algorithms.HMACAlgorithm("sha256").sign(forged[1].encode(), pem)).decode()

    assert reason(verifier, f"{forged[0]}.").startswith("it must be signed with one of RS256")
    assert reason(verifier, f"{forged[1]}.{signed.rstrip('=')}").startswith("it must be signed with one of RS256")
    assert reason(verifier, f"{forged[2]}.{signed.rstrip('=')}") == "its signature is not the issuer's"


def test_a_token_of_another_kind_of_key_or_signer_is_refused(provider, verifier):
    """RS256 under an EC key's id; ES256 by somebody else; a logout token; no key id."""
    another = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = jwt.decode(provider.token("first"), options={"verify_signature": False})

    def by(key, algorithm, **headers):
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "first", **headers})

    assert reason(verifier, by(another, "RS256")) == "it cannot be verified"
    assert reason(verifier, by(new_key(), "ES256")) == "its signature is not the issuer's"
    assert reason(verifier, provider.token("first", headers={"typ": "logout+jwt"})) == "it is a token of another kind"
    assert reason(verifier, jwt.encode(claims, provider.keys["first"], "ES256")) == "its key is none of the issuer's"


def test_what_is_no_token_is_refused(provider, verifier):
    """Longer than any token, parts that are no JSON, and deep nesting; nothing is fetched for them."""
    deep = base64.urlsafe_b64encode(b"[" * 9000).decode().rstrip("=")

    assert reason(verifier, provider.token("first", filler="x" * LONGEST_TOKEN)) == (
        f"it is longer than {LONGEST_TOKEN} characters"
    )
    assert reason(verifier, "YQ.YQ.YQ") == "it cannot be verified"
    assert reason(verifier, f"{deep}.YQ.YQ")
    assert provider.asked == []
    assert not is_access_token("gis_abc-_")
    assert not is_access_token("a.b.c\n")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"gis_role": "king"}, "no-role"),
        ({"gis_role": ["worker", "admin"]}, "no-role"),
        ({"gis_role": {"worker": 1}}, "no-role"),
        ({"gis_scope": None}, "no-scope"),
        ({"gis_scope": ["U1"]}, "no-scope"),
        ({"gis_scope": "U1\x00"}, "no-scope"),
        ({"sub": "a\ud800"}, "invalid-token"),
    ],
)
def test_a_token_without_one_role_and_scope_gives_nothing(provider, verifier, claims, code):
    """Least of all everything: a scope that is left out is no scope."""
    with pytest.raises(UnauthenticatedError) as refused:
        verifier.verify(provider.token("first", **claims))

    assert refused.value.code == code


def test_role_and_scope_may_be_in_other_claims(provider, verifier):
    """A list inside an object, as Keycloak has it, beside roles of other services; a claim whose name has dots."""
    names = ClaimNames(role="realm_access.roles", scope="https://city.example/grid")
    claims = {"realm_access": {"roles": ["offline_access", "auditor"]}, "https://city.example/grid": "*"}
    elsewhere = Verifier(verifier.issuer, audience=AUDIENCE, skew_s=60, names=names)

    principal, _ = elsewhere.verify(provider.token("first", gis_role=None, gis_scope=None, **claims))

    assert (principal.role, principal.scope) == ("auditor", None)


def test_keys_rotate(provider, verifier, clock):
    """A key that comes is known at once, one that goes is believed no longer than an hour."""
    before = provider.token("first")
    verifier.verify(before)
    first = provider.keys["first"]
    provider.keys["second"] = new_key()
    try:
        clock.now += 31
        assert verifier.verify(provider.token("second"))[0].role == "worker"
        del provider.keys["first"]
        assert verifier.verify(before)[0].role == "worker"
        clock.now += HOUR + 1
        assert reason(verifier, before) == "its key is none of the issuer's"
    finally:
        provider.keys.clear()
        provider.keys["first"] = first


def test_unknown_keys_make_no_flood_of_fetches(provider, verifier, clock):
    """A hundred tokens with made-up key ids within 30 s: the keys are fetched once, and once more afterwards."""
    provider.keys["mine"] = new_key()
    forged = [provider.token("mine", headers={"kid": f"made-up-{number}"}) for number in range(100)]
    del provider.keys["mine"]
    for token in forged:
        assert reason(verifier, token) == "its key is none of the issuer's"
    assert provider.asked.count("/keys") == 1
    clock.now += 31
    reason(verifier, forged[0])
    assert provider.asked.count("/keys") == 2


def test_an_issuer_that_is_away_stops_nobody_whose_key_is_known(clock):
    """For a day; a key that is not known cannot be asked for: 503, not 401.  When it is back, so are its tokens."""
    provider = IdentityProvider()
    provider.keys |= {"first": new_key(), "later": new_key()}
    later = provider.keys.pop("later")
    verifier = Verifier(
        Issuer(provider.url, keys_s=HOUR, refetch_s=30, clock=clock), AUDIENCE, skew_s=60, names=ClaimNames()
    )
    known = provider.token("first")
    verifier.verify(known)
    provider.keys["later"] = later
    unknown = provider.token("later")
    provider.stop()

    clock.now += HOUR + 1
    assert verifier.verify(known)[0].role == "worker"
    with pytest.raises(UnavailableError, match="does not answer"):
        verifier.verify(unknown)
    clock.now += LONGEST_USE_S
    with pytest.raises(UnavailableError):
        verifier.verify(known)


@pytest.mark.parametrize(
    "described", [{"issuer": "https://elsewhere.example"}, {"jwks_uri": "http://keys.example/"}, {"jwks_uri": None}]
)
def test_an_issuer_that_is_another_is_not_believed(provider, verifier, described):
    """It calls itself otherwise, or its keys come from where anybody may change them on the way."""
    provider.described = described
    try:
        with pytest.raises(UnavailableError):
            verifier.verify(provider.token("first"))
    finally:
        provider.described = {}
    assert "/keys" not in provider.asked
