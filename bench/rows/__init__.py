"""The rows of the benchmark, in the order of the table."""

from bench.figures import Row


def all_rows() -> list[Row]:
    """Every row; Django has to be set up."""
    from bench.rows import (  # noqa: PLC0415 -- they import models
        click,
        companies,
        cycles,
        first_load,
        pages,
        publish,
        remap,
        webhook,
    )

    return [first_load.ROW, cycles.ROW, remap.ROW, publish.ROW, pages.ROW, click.ROW, webhook.ROW, companies.ROW]
