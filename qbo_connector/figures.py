"""Figures of companies and outboxes for Prometheus, in three statements whatever there is."""

from collections.abc import Iterator

from django.conf import settings
from django.db import connection as database
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

# One series for each company up to here; above it only the sums, which stay few.
COMPANIES_ONE_BY_ONE = 200
COUNT_UP_TO = 100_000
# Until the first success a company is as late as it is connected.
_COMPANIES = """
    SELECT company.id, company.realm_id, company.status,
           extract(epoch FROM now() - coalesce(plan.finished_at, company.connected_at))::float8,
           CASE WHEN %(every)s > 0 THEN %(every)s WHEN company.economical THEN 21600
                ELSE 60 * company.interval_minutes END,
           coalesce(plan.failures, 0)
    FROM qbo_connector_connection AS company
    LEFT JOIN qbo_connector_pullschedule AS plan ON plan.connection_id = company.id
    WHERE company.environment = %(environment)s
"""
# A range of the index "qbo_operation_due", left as soon as it is long enough.
_OUTBOX = """
    SELECT state, count(*), extract(epoch FROM now() - min(created_at))::float8 FROM (
        SELECT state, created_at FROM qbo_connector_operation
        WHERE state IN ('planned', 'leased', 'unknown') ORDER BY due_at LIMIT %(most)s
    ) AS waiting GROUP BY state
"""
_ALERTS = "SELECT kind, count(*) FROM qbo_connector_alert WHERE cleared_at IS NULL GROUP BY kind"


def families() -> Iterator[Metric]:
    """Companies by status and how late they are, the outbox by state and age, open alerts."""
    yield from _companies()
    yield from _outbox()
    alerts = GaugeMetricFamily("crm_alerts", "Alerts that admins were told of and that last.", labels=["kind"])
    with database.cursor() as cursor:
        cursor.execute(_ALERTS)
        for kind, number in cursor.fetchall():
            alerts.add_metric([kind], number)
    yield alerts


def _companies() -> Iterator[Metric]:
    with database.cursor() as cursor:
        cursor.execute(_COMPANIES, {"environment": settings.QBO_ENVIRONMENT, "every": settings.PULL_INTERVAL_SECONDS})
        rows = cursor.fetchall()
    by_status: dict[str, int] = {}
    lags: list[tuple[str, str, float]] = []
    late = failing = 0
    for pk, realm, status, lag, interval, failures in rows:
        by_status[status] = by_status.get(status, 0) + 1
        if status != "active":
            continue
        lags.append((str(pk), realm, lag))
        late += lag > 2 * interval + 120
        failing += failures > 0
    companies = GaugeMetricFamily("crm_companies", "QuickBooks companies by status.", labels=["status"])
    for status, number in sorted(by_status.items()):
        companies.add_metric([status], number)
    yield companies
    yield _one("crm_companies_late", "Connected companies that were not read for two intervals.", late)
    yield _one("crm_companies_failing", "Connected companies whose last read failed.", failing)
    worst = max((lag for _pk, _realm, lag in lags), default=0.0)
    yield _one("crm_sync_lag_seconds_max", "Since the last success of the company that is the furthest behind.", worst)
    lag_family = GaugeMetricFamily(
        "crm_sync_lag_seconds",
        f"Since the last success of each connected company, up to {COMPANIES_ONE_BY_ONE} companies.",
        labels=["company", "realm"],
    )
    if len(lags) <= COMPANIES_ONE_BY_ONE:
        for company, realm, lag in lags:
            lag_family.add_metric([company, realm], lag)
    yield lag_family


def _outbox() -> Iterator[Metric]:
    depth = GaugeMetricFamily("crm_outbox_operations", "Planned writes that are not done, by state.", labels=["state"])
    oldest = 0.0
    with database.cursor() as cursor:
        cursor.execute(_OUTBOX, {"most": COUNT_UP_TO})
        found = {state: (number, age or 0.0) for state, number, age in cursor.fetchall()}
    for state in ("planned", "leased", "unknown"):
        number, age = found.get(state, (0, 0.0))
        depth.add_metric([state], number)
        oldest = max(oldest, age)
    yield depth
    yield _one("crm_outbox_oldest_seconds", "Since the oldest of them was planned; 0 without any.", oldest)


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
