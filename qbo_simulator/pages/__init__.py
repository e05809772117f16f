"""The accountant's pages, and the consent page: plain forms, no script."""

from __future__ import annotations

from qbo_simulator.pages.rendering import render
from qbo_simulator.pages.routes import from_another_site, handle

__all__ = ["from_another_site", "handle", "render"]
