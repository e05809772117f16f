"""Pages leave compressed: the lists are tables of a hundred kilobytes that shrink to a tenth."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedPagesMiddleware(GZipMiddleware):
    """Compresses HTML, nothing else: exports are compressed already, and answers of the API are for their client.

    The size of a compressed page can tell a secret that stands beside text of a stranger's choice (BREACH). Here it
    does not: Django masks the CSRF token anew in every answer and adds up to 100 random bytes to every compressed one;
    keys and codes are shown once, so nothing can be asked about them twice; and cookies are SameSite=Lax, so another
    site's requests in the background are nobody's.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed if it is a whole page and the browser takes that."""
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
        return super().process_response(request, response) if is_page else response
