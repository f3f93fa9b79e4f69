"""Access tokens of an identity provider (OpenID Connect)."""
