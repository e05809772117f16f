"""Triggers that note what changes invoices, lines and payments; everything there is counts as changed."""

from django.db import migrations

# Once a statement, however many rows it touches. statement_timestamp() is the age of the change.
FUNCTIONS = """
CREATE FUNCTION reports_note_invoices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO reports_staleslice (invoice_id, day, products, at)
        SELECT o.id, o.issued_on,
               (o.connection_id, o.external_id, o.removed_at, o.voided, o.status = 'draft', o.owner_id, o.currency,
                o.exchange_rate, o.issued_on)
               IS DISTINCT FROM
               (n.connection_id, n.external_id, n.removed_at, n.voided, n.status = 'draft', n.owner_id, n.currency,
                n.exchange_rate, n.issued_on),
               statement_timestamp()
        FROM old_rows o JOIN new_rows n USING (id)
        WHERE (o.connection_id, o.external_id, o.removed_at, o.voided, o.status, o.owner_id, o.deal_id, o.currency,
               o.customer_external_id, o.exchange_rate, o.issued_on, o.due_on, o.total, o.tax_total, o.deposit, o.balance)
              IS DISTINCT FROM
              (n.connection_id, n.external_id, n.removed_at, n.voided, n.status, n.owner_id, n.deal_id, n.currency,
               n.customer_external_id, n.exchange_rate, n.issued_on, n.due_on, n.total, n.tax_total, n.deposit, n.balance);
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO reports_staleslice (invoice_id, day, products, at)
        SELECT id, issued_on, true, statement_timestamp() FROM new_rows WHERE external_id <> '';
    ELSE
        INSERT INTO reports_staleslice (invoice_id, day, products, at)
        SELECT id, issued_on, true, statement_timestamp() FROM old_rows WHERE external_id <> '';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION reports_note_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO reports_staleslice (invoice_id, products, at)
        SELECT DISTINCT touched.invoice_id, true, statement_timestamp()
        FROM old_rows o JOIN new_rows n USING (id) CROSS JOIN LATERAL (VALUES (o.invoice_id), (n.invoice_id)) touched(invoice_id)
        WHERE (o.invoice_id, o.kind, o.product_id, o.item_name, o.quantity, o.amount)
              IS DISTINCT FROM (n.invoice_id, n.kind, n.product_id, n.item_name, n.quantity, n.amount);
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO reports_staleslice (invoice_id, products, at)
        SELECT DISTINCT invoice_id, true, statement_timestamp() FROM new_rows;
    ELSE
        INSERT INTO reports_staleslice (invoice_id, products, at)
        SELECT DISTINCT invoice_id, true, statement_timestamp() FROM old_rows;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION reports_note_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO reports_staleslice (invoice_id, day, products, at)
        SELECT part.invoice_id, touched.day, false, statement_timestamp()
        FROM old_rows o JOIN new_rows n USING (id)
        CROSS JOIN LATERAL (VALUES (o.received_on), (n.received_on)) touched(day)
        LEFT JOIN invoices_paymentapplication part ON part.payment_id = n.id
        WHERE (o.connection_id, o.external_id, o.removed_at, o.voided, o.received_on, o.amount, o.unapplied, o.currency,
               o.exchange_rate)
              IS DISTINCT FROM
              (n.connection_id, n.external_id, n.removed_at, n.voided, n.received_on, n.amount, n.unapplied, n.currency,
               n.exchange_rate)
          AND (part.invoice_id IS NOT NULL OR touched.day IS NOT NULL);
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO reports_staleslice (day, products, at)
        SELECT DISTINCT received_on, false, statement_timestamp() FROM new_rows WHERE received_on IS NOT NULL;
    ELSE
        INSERT INTO reports_staleslice (day, products, at)
        SELECT DISTINCT received_on, false, statement_timestamp() FROM old_rows WHERE received_on IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION reports_note_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO reports_staleslice (invoice_id, day, products, at)
        SELECT touched.invoice_id, payment.received_on, false, statement_timestamp()
        FROM old_rows o JOIN new_rows n USING (id)
        CROSS JOIN LATERAL (VALUES (o.invoice_id, o.payment_id), (n.invoice_id, n.payment_id)) touched(invoice_id, payment_id)
        LEFT JOIN invoices_payment payment ON payment.id = touched.payment_id
        WHERE (o.payment_id, o.invoice_id, o.amount) IS DISTINCT FROM (n.payment_id, n.invoice_id, n.amount)
          AND (touched.invoice_id IS NOT NULL OR payment.received_on IS NOT NULL);
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO reports_staleslice (invoice_id, day, products, at)
        SELECT part.invoice_id, payment.received_on, false, statement_timestamp()
        FROM new_rows part LEFT JOIN invoices_payment payment ON payment.id = part.payment_id
        WHERE part.invoice_id IS NOT NULL OR payment.received_on IS NOT NULL;
    ELSE
        INSERT INTO reports_staleslice (invoice_id, day, products, at)
        SELECT part.invoice_id, payment.received_on, false, statement_timestamp()
        FROM old_rows part LEFT JOIN invoices_payment payment ON payment.id = part.payment_id
        WHERE part.invoice_id IS NOT NULL OR payment.received_on IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
"""
NOTERS = {
    "invoices_invoice": "reports_note_invoices",
    "invoices_invoiceline": "reports_note_lines",
    "invoices_payment": "reports_note_payments",
    "invoices_paymentapplication": "reports_note_parts",
}
SEEN = {"insert": "NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows"}
SEEN["update"] = " ".join(reversed(SEEN.values()))
TRIGGERS = "\n".join(
    f"CREATE TRIGGER {noter}_{event} AFTER {event} ON {table} REFERENCING {rows}"
    f" FOR EACH STATEMENT EXECUTE FUNCTION {noter}();"
    for table, noter in NOTERS.items()
    for event, rows in SEEN.items()
)
WITHOUT = "\n".join(f"DROP FUNCTION {noter} CASCADE;" for noter in NOTERS.values())
EVERYTHING = "INSERT INTO reports_staleslice (products) VALUES (true);"


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_keep_rollups")]

    operations = [migrations.RunSQL(FUNCTIONS + TRIGGERS + EVERYTHING, WITHOUT)]
