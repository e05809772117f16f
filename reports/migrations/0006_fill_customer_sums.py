"""The sums of customers, out of the invoices that the roll-ups know already."""

from django.db import migrations

FILL = """
INSERT INTO reports_customersum (quarter, connection_id, customer, currency, invoices, billed, billed_home)
SELECT date_trunc('quarter', issued_on)::date, connection_id, customer, currency, count(*), sum(total),
       sum(round(total * rate, 2))
FROM reports_invoicefact GROUP BY 1, 2, 3, 4
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_sum_customers")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
