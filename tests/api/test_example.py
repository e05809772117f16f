"""The example client of the documentation, as it stands there, against a product that runs whole."""

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from invoices.models import Invoice
from tests import makers, workers
from tests.api.programs import program_of
from tests.quickbooks import sync_company

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api.md"


@pytest.mark.slow
@pytest.mark.one_at_a_time("workers")
def test_the_example_bills_a_deal(us_company, live_server, settings, tmp_path):
    sync_company(us_company)
    settings.BASE_URL = live_server.url
    program = program_of()
    deal = makers.deal_of("Cool Cars", program.user)
    code = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert code is not None
    example = tmp_path / "example.py"
    example.write_text(code[1])

    with workers.worker(tmp_path, BASE_URL=live_server.url):
        said = subprocess.run(
            [sys.executable, example],
            env={**os.environ, "CRM_URL": live_server.url, "CRM_KEY": program.secret, "DEAL": str(deal.pk)},
            check=False,
            capture_output=True,
            text=True,
            timeout=150,
        )

    assert said.returncode == 0, said.stderr
    state, unpaid = said.stdout.split()
    assert state == "in_sync"
    assert Invoice.objects.get(deal=deal).external_id
    balances = Invoice.objects.filter(removed_at=None).values_list("balance", flat=True)
    assert round(Decimal(unpaid), 2) == sum(balances)
