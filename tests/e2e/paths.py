"""Where the browser tests keep their files."""

from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent / "templates"
