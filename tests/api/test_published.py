"""The running product against the document that it publishes of itself, looked at by schemathesis with every check."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.catalogue import OPERATIONS
from crm.services import pipelines
from qbo_connector.models import Connection
from sync.services.connections import add_default_mappings
from tests import makers
from tests.api.programs import program_of
from tests.quickbooks import enable

HERE = Path(__file__).parent
TAGS = list(dict.fromkeys(operation.tag for operation in OPERATIONS))
LONG = bool(os.environ.get("FAULT_SEEDS"))
USUAL, LONGEST = 40, 600  # seconds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(LONGEST + 40)]


@pytest.fixture
def compared(transactional_db, live_server, settings, tmp_path):
    """Compares the running product with its document, as far as the options say."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    program = program_of()
    pipelines.ensure_default()
    makers.new_deal(program.user)
    books = Connection.objects.create(realm_id="1", environment="sandbox", company_name="Books")
    add_default_mappings(books.pk)
    enable(books)

    def compare(*options):
        said = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "published.toml",
                "run", f"{live_server.url}/api/v1/openapi.json",
                "--header", f"Authorization: Bearer {program.secret}",
                "--checks", "all", "--seed", "1", "--generation-database", "none", "--no-shrink",
                "--wait-for-schema", "60", "--request-timeout", "60", "--warnings", "off", "--no-color", *options,
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "published_checks", "PYTHONPATH": str(HERE)},
        )  # fmt: skip
        assert said.returncode == 0, said.stdout[-20_000:] + said.stderr[-2_000:]

    return compare


def test_the_running_api_does_what_its_document_says(compared):
    """As many examples of all operations, alone and after one another, as fit into the time."""
    compared("--phases", "examples,fuzzing,stateful", "--max-examples", "2", "--max-time", str(USUAL))


@pytest.mark.skipif(not LONG, reason="every limit of every operation: `make test-long`")
@pytest.mark.parametrize("tag", TAGS)
def test_every_limit_of_every_operation_is_as_published(tag, compared):
    compared("--include-tag", tag, "--phases", "coverage")
