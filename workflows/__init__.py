"""Workflows: what happens to records by itself when something else happened to them."""
