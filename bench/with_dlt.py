"""dlt's REST client over QuickBooks' queries into PostgreSQL. Runs in an environment of its own (see baselines.py)."""

import json
import sys

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import BasePaginator

PAGE = 1000


class QueryPaginator(BasePaginator):
    """QuickBooks pages by words in the query."""

    def __init__(self, entity):
        super().__init__()
        self.entity, self.first = entity, 1

    def _query(self):
        return f"SELECT * FROM {self.entity} ORDERBY Id STARTPOSITION {self.first} MAXRESULTS {PAGE}"

    def init_request(self, request):
        request.params = {"query": self._query()}

    def update_state(self, response, data=None):
        self._has_next_page = len(data or []) == PAGE
        self.first += PAGE

    def update_request(self, request):
        request.params = {"query": self._query()}


def main() -> None:
    """Read all entities, merged by Id, each object in one row."""
    asked = json.load(sys.stdin)
    client = RESTClient(
        base_url=asked["url"], auth=BearerTokenAuth(token=asked["token"]), headers={"Accept": "application/json"}
    )

    def resource(entity):
        def rows():
            selector = f"QueryResponse.{entity}"
            for page in client.paginate("query", paginator=QueryPaginator(entity), data_selector=selector):
                yield list(page)

        return dlt.resource(rows, name=entity.lower(), primary_key="Id", write_disposition="merge", max_table_nesting=0)

    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=asked["folder"],
        destination=dlt.destinations.postgres(asked["database"]),
        dataset_name="by_dlt",
    )
    pipeline.run([resource(entity) for entity in asked["entities"]])


main()
