-- The slices named in the tables reports_todo_…, computed anew from the truth.
-- Statements are separated by lines of dashes. An invoice's amounts are rounded to cents when they change currency.

-- facts: gone
DELETE FROM reports_invoicefact fact USING reports_todo_invoices todo WHERE fact.invoice_id = todo.id;
----
-- facts: anew
INSERT INTO reports_invoicefact
    (invoice_id, connection_id, customer, owner_id, deal_id, currency, rate, issued_on, due_on, settled_on, status,
     total, tax, deposit, balance, other)
SELECT i.id, i.connection_id, i.customer_external_id, coalesce(i.owner_id, 0), i.deal_id, i.currency, i.exchange_rate,
       i.issued_on, i.due_on,
       CASE WHEN i.balance <= 0 THEN coalesce(paid.last_on, i.issued_on) END,
       i.status, i.total, i.tax_total, i.deposit, i.balance, i.total - i.balance - coalesce(paid.amount, 0)
FROM invoices_invoice i
JOIN reports_todo_invoices todo ON todo.id = i.id
LEFT JOIN (
    SELECT part.invoice_id, sum(part.amount) AS amount, max(greatest(payment.received_on, of.issued_on)) AS last_on
    FROM reports_todo_invoices todo
    JOIN invoices_paymentapplication part ON part.invoice_id = todo.id
    JOIN invoices_payment payment ON payment.id = part.payment_id
    JOIN invoices_invoice of ON of.id = part.invoice_id
    WHERE payment.external_id <> '' AND payment.removed_at IS NULL AND NOT payment.voided
    GROUP BY part.invoice_id
) paid ON paid.invoice_id = i.id
WHERE i.external_id <> '' AND i.removed_at IS NULL AND NOT i.voided AND i.status NOT IN ('draft', 'voided');
----
-- customers: gone
DELETE FROM reports_customersum each USING reports_todo_customers todo
WHERE each.connection_id = todo.connection_id AND each.customer = todo.customer;
----
-- customers: anew
INSERT INTO reports_customersum (quarter, connection_id, customer, currency, invoices, billed, billed_home)
SELECT date_trunc('quarter', fact.issued_on)::date, fact.connection_id, fact.customer, fact.currency, count(*),
       sum(fact.total), sum(round(fact.total * fact.rate, 2))
FROM reports_todo_customers todo
JOIN reports_invoicefact fact ON fact.connection_id = todo.connection_id AND fact.customer = todo.customer
GROUP BY 1, 2, 3, 4;
----
-- days: gone
DELETE FROM reports_daysum each USING reports_todo_days todo WHERE each.day = todo.day;
----
-- days: anew
INSERT INTO reports_daysum
    (day, connection_id, owner_id, currency, invoices, billed, billed_home, tax, tax_home, other, other_home,
     applied, applied_home, tax_paid, tax_paid_home, received, received_home)
WITH issued AS MATERIALIZED (
    SELECT fact.* FROM reports_invoicefact fact JOIN reports_todo_days todo ON todo.day = fact.issued_on
), came AS MATERIALIZED (
    SELECT payment.* FROM (SELECT id, received_on, connection_id, currency, exchange_rate, amount, unapplied, external_id,
                                  removed_at, voided FROM invoices_payment) payment
    JOIN reports_todo_days todo ON todo.day = payment.received_on
    WHERE payment.external_id <> '' AND payment.removed_at IS NULL AND NOT payment.voided
), applied AS (
    -- Paid on or after the invoice's day: counts when the money came.
    SELECT came.received_on AS day, part.amount, fact.*
    FROM came JOIN invoices_paymentapplication part ON part.payment_id = came.id
    JOIN reports_invoicefact fact ON fact.invoice_id = part.invoice_id
    WHERE came.received_on >= fact.issued_on
    UNION ALL
    -- Paid before the invoice was there, or nobody knows when: counts on the invoice's day.
    SELECT issued.issued_on, part.amount, issued.*
    FROM issued JOIN invoices_paymentapplication part ON part.invoice_id = issued.invoice_id
    JOIN invoices_payment payment ON payment.id = part.payment_id
    WHERE payment.external_id <> '' AND payment.removed_at IS NULL AND NOT payment.voided
      AND (payment.received_on IS NULL OR payment.received_on < issued.issued_on)
), parts AS (
    -- Of what a payment applies, credit memos may be a part: only the rest is money.
    SELECT came.id, fact.owner_id,
           round(part.amount * CASE WHEN whole.amount > came.amount - came.unapplied
                                    THEN (came.amount - came.unapplied) / whole.amount ELSE 1 END, 2) AS amount
    FROM came
    JOIN invoices_paymentapplication part ON part.payment_id = came.id
    JOIN (SELECT payment_id, sum(amount) AS amount FROM invoices_paymentapplication
          WHERE payment_id IN (SELECT id FROM came) GROUP BY payment_id) whole ON whole.payment_id = came.id
    JOIN reports_invoicefact fact ON fact.invoice_id = part.invoice_id
), received AS (
    SELECT id, owner_id, amount FROM parts
    UNION ALL
    SELECT came.id, 0, came.amount - coalesce(used.amount, 0)
    FROM came LEFT JOIN (SELECT id, sum(amount) AS amount FROM parts GROUP BY id) used ON used.id = came.id
), movements AS (
    SELECT issued_on AS day, connection_id, owner_id, currency, 1 AS invoices, total AS billed,
           round(total * rate, 2) AS billed_home, tax, round(tax * rate, 2) AS tax_home, other,
           round(other * rate, 2) AS other_home, 0 AS applied, 0 AS applied_home,
           CASE WHEN total <> 0 THEN round(tax * other / total, 5) ELSE 0 END AS tax_paid,
           CASE WHEN total <> 0 THEN round(tax * other / total * rate, 5) ELSE 0 END AS tax_paid_home,
           deposit AS received, round(deposit * rate, 2) AS received_home
    FROM issued
    UNION ALL
    SELECT day, connection_id, owner_id, currency, 0, 0, 0, 0, 0, 0, 0, amount, round(amount * rate, 2),
           CASE WHEN total <> 0 THEN round(tax * amount / total, 5) ELSE 0 END,
           CASE WHEN total <> 0 THEN round(tax * amount / total * rate, 5) ELSE 0 END, 0, 0
    FROM applied
    UNION ALL
    SELECT came.received_on, came.connection_id, received.owner_id, came.currency, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
           received.amount, round(received.amount * came.exchange_rate, 2)
    FROM received JOIN came ON came.id = received.id
)
SELECT day, connection_id, owner_id, currency, sum(invoices), sum(billed), sum(billed_home), sum(tax), sum(tax_home),
       sum(other), sum(other_home), sum(applied), sum(applied_home), sum(tax_paid), sum(tax_paid_home), sum(received),
       sum(received_home)
FROM movements GROUP BY day, connection_id, owner_id, currency;
----
-- products: gone
DELETE FROM reports_productsum each USING reports_todo_months todo WHERE each.month = todo.month;
----
-- products: anew
INSERT INTO reports_productsum
    (month, connection_id, owner_id, currency, product_id, item, lines, quantity, amount, amount_home)
SELECT todo.month, fact.connection_id, fact.owner_id, fact.currency, coalesce(line.product_id, 0),
       CASE WHEN line.product_id IS NULL THEN line.item_name ELSE '' END,
       count(*), coalesce(sum(line.quantity), 0), sum(line.amount), sum(round(line.amount * fact.rate, 2))
FROM reports_todo_months todo
JOIN reports_invoicefact fact ON fact.issued_on >= todo.month AND fact.issued_on < todo.month + interval '1 month'
JOIN invoices_invoiceline line ON line.invoice_id = fact.invoice_id
WHERE line.kind IN ('item', 'member')
GROUP BY 1, 2, 3, 4, 5, 6
