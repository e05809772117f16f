"""A program that calls the API with a key."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from api.scopes import SCOPES
from api.services import keys
from tests import makers


class Program:
    """Calls the API in somebody's name."""

    def __init__(self, user, *, scopes=tuple(SCOPES), secret=""):
        self.user = user
        if not secret:
            self.key, secret = keys.create(user, name="Program", scopes=scopes, expires_at=None, by=user)
        self.secret = secret
        self.client = Client(raise_request_exception=False)

    def call(self, method, path, body=None, **headers):
        """One call; ``body`` as JSON. Header names with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        data = b"" if body is None else json.dumps(body).encode()
        kind = "application/json"
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            data,
            content_type=kind,
            headers={"Authorization": f"Bearer {self.secret}", **sent},
        )

    def upload(self, path, name, content, **headers):
        """A file, as a form."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(
            f"/api/v1/{path}",
            {"file": SimpleUploadedFile(name, content)},
            headers={"Authorization": f"Bearer {self.secret}", **sent},
        )

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path, body, **headers):
        return self.call("PATCH", path, body, **headers)


def program_of(role="Admin", **more):
    """A program of somebody with this role."""
    return Program(makers.user(role, email=f"{role.split()[0].lower()}@example.com"), **more)
