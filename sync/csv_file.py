"""Rows as a CSV file that a spreadsheet opens without carrying anything out."""

import csv
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

from core.tables.sheets import safe


class _Echo:
    """A file that hands back what is written."""

    def write(self, value: str) -> str:
        """The text itself."""
        return value


def download(name: str, rows: Iterable[Iterable[str]]) -> StreamingHttpResponse:
    """The file, sent while it is made; with the mark by which spreadsheets know UTF-8."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        for row in rows:
            yield writer.writerow([safe(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
