"""Passwords of the tests: the product's algorithm with the least cost, for thousands of users are made."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2PasswordHasher(Argon2PasswordHasher):
    """Hashes that the product's own hasher reads too: the cost is a part of each hash."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
