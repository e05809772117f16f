"""Uploaded logos, drawn anew: what leaves here is a small PNG of pixels, and nothing else that was in the file."""

import hashlib
import io
import warnings
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

LARGEST_FILE = 2 * 1024 * 1024
MOST_PIXELS = 16_000_000
LARGEST_SIDE = (640, 240)
FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True)
class Logo:
    """A logo that is ready to be stored."""

    version: str
    content: bytes
    content_type: str
    width: int
    height: int


class BadLogo(ValueError):
    """The file can't become a logo; the message says why and what to do instead."""


def logo_from(content: bytes) -> Logo:
    """The logo in an uploaded PNG, JPEG or WebP, no larger than it is printed. Raises BadLogo.

    SVG is refused: it may carry scripts and links. Everything that a picture file may hold beside its picture (notes,
    places, a second picture) is left behind.
    """
    if not content:
        raise BadLogo(_("The file is empty."))
    if len(content) > LARGEST_FILE:
        raise BadLogo(_("The file is too large: a logo may have at most 2 MB."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise BadLogo(_("The picture is too large: at most 16 million pixels."))
                picture = found.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadLogo(_("This is no picture that can be used. Upload a PNG, JPEG or WebP file.")) from error
    except (OSError, ValueError, SyntaxError) as error:
        if isinstance(error, BadLogo):
            raise
        raise BadLogo(_("The picture is damaged. Save it again and upload it.")) from error
    picture.thumbnail(LARGEST_SIDE)
    drawn = io.BytesIO()
    picture.save(drawn, "PNG", optimize=True)
    data = drawn.getvalue()
    return Logo(hashlib.sha256(data).hexdigest()[:32], data, "image/png", picture.width, picture.height)
