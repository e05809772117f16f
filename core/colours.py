"""Colours and how well they can be read: relative luminance and contrast as WCAG 2.2 defines them. Pure."""

from functools import cache

WHITE, INK = "#ffffff", "#000000"
# What text needs, and what lines, buttons and large letters need.
FOR_TEXT, FOR_SHAPES = 4.5, 3.0


@cache
def rgb(colour: str) -> tuple[int, int, int]:
    """``#4338ca`` as three numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@cache
def luminance(colour: str) -> float:
    """0 for black to 1 for white."""
    parts = [value / 255 for value in rgb(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """White or black, whichever is easier to read on ``colour``."""
    return WHITE if contrast(colour, WHITE) >= contrast(colour, INK) else INK
