"""The accountant's pages, and the consent page: plain forms, no script."""

from __future__ import annotations

from qbo_simulator.pages.rendering import render
from qbo_simulator.pages.routes import handle

__all__ = ["handle", "render"]
