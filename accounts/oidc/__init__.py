"""Signing in with an identity provider of the company's own (OpenID Connect), over django-allauth."""
