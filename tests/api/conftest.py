"""A program that calls the API with a key."""

import pytest


@pytest.fixture
def program(db):
    """A program that may do all that an administrator may."""
    from tests.api.programs import program_of  # noqa: PLC0415 -- models need Django set up

    return program_of()
