"""The rows of the benchmark, in the order of the table."""

from bench.figures import Row


def all_rows() -> list[Row]:
    """Every row; Django has to be set up."""
    from bench.rows import (  # noqa: PLC0415 -- they import models
        click,
        companies,
        crowd,
        cycles,
        first_load,
        memory,
        pages,
        publish,
        remap,
        web,
        webhook,
    )

    rows = (first_load, cycles, remap, publish, pages, web, click, webhook, companies, crowd, memory)
    return [row.ROW for row in rows]
