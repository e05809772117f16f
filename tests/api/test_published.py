"""The running product against the document that it publishes of itself, looked at by schemathesis with every check."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.catalogue import OPERATIONS
from crm.models import Company, Contact, Deal, Product, Quote
from crm.services import pipelines, quotes
from invoices.models import Invoice
from tests import makers
from tests.api.programs import program_of
from tests.quickbooks import sync_company

HERE = Path(__file__).parent
TAGS = list(dict.fromkeys(operation.tag for operation in OPERATIONS))
LONG = bool(os.environ.get("FAULT_SEEDS"))
USUAL, LONGEST = 40, 600  # seconds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(LONGEST + 40)]


# What says that an operation found the record that it is about.
FOUND = {"200", "201", "202", "204", "304", "409", "unfit"}


@pytest.fixture
def there(us_company):
    """Records of each kind that programs name by their ids, those of a QuickBooks company among them, by address."""
    user = program_of().user
    pipelines.ensure_default()
    sync_company(us_company)
    for name in ("One", "Other"):
        deal = makers.new_deal(user, ("Rocks", "2", "50"), name=name)
        quotes.create_from_deal(deal, by=user)
    models = {"companies": Company, "contacts": Contact, "deals": Deal, "products": Product, "quotes": Quote}
    ids = {path: list(model.objects.order_by("pk").values_list("pk", flat=True)) for path, model in models.items()}
    invoices = list(Invoice.objects.exclude(external_id="").order_by("pk").values_list("pk", flat=True))
    return {**ids, "invoices": invoices, "connections": [us_company.pk]}


@pytest.fixture
def compared(there, live_server, settings, tmp_path):
    """Compares the running product with its document, as far as the options say; gives what was answered."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    program = program_of()
    answered = tmp_path / "answered"

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
            env={
                **os.environ, "SCHEMATHESIS_HOOKS": "published_checks", "PYTHONPATH": str(HERE),
                "RECORDS_THERE": json.dumps(there), "ANSWERED": str(answered),
            },
        )  # fmt: skip
        assert said.returncode == 0, said.stdout[-20_000:] + said.stderr[-2_000:]
        return [line.rsplit(" ", 1) for line in answered.read_text().splitlines()]

    return compare


def test_the_running_api_does_what_its_document_says(compared):
    """As many examples of all operations, alone and after one another, as fit into the time."""
    compared("--phases", "examples,fuzzing,stateful", "--max-examples", "2", "--max-time", str(USUAL))


@pytest.mark.skipif(not LONG, reason="every limit of every operation: `make test-long`")
@pytest.mark.parametrize("tag", TAGS)
def test_every_limit_of_every_operation_is_as_published(tag, compared, there):
    answers = compared("--include-tag", tag, "--phases", "coverage")

    about_one = {
        f"{each.method} {each.path}"
        for each in OPERATIONS
        if each.tag == tag and "{id}" in each.path and each.path.split("/")[0] in there
    }
    assert about_one <= {name for name, status in answers if status in FOUND}
