"""A small but real PDF of a sales form or a payment."""

from __future__ import annotations

from typing import Any

from qbo_simulator.amounts import cents

_WIDTH, _HEIGHT = 612, 792


def document(entity: str, body: dict[str, Any], company: str) -> bytes:
    """Return the PDF of a document: number, customer, lines and total."""
    rows = _rows(entity, body, company)
    pages = [rows[start : start + 44] for start in range(0, len(rows), 44)] or [[]]
    return _file([_content(page) for page in pages])


def _rows(entity: str, body: dict[str, Any], company: str) -> list[tuple[int, str, str]]:
    """Return size, text on the left and text on the right of each printed row."""
    currency = (body.get("CurrencyRef") or {}).get("value", "")
    customer = (body.get("CustomerRef") or {}).get("name", "")
    address = body.get("BillAddr") or {}
    rows = [(16, company, ""), (13, f"{entity} {body.get('DocNumber') or body.get('Id')}", ""), (10, "", "")]
    rows.append((10, f"To: {customer}", f"Date: {body.get('TxnDate', '')}"))
    lines = [str(address[name]) for name in ("Line1", "Line2", "Line3", "Line4", "City") if address.get(name)]
    due = [f"Due: {body['DueDate']}"] if body.get("DueDate") else []
    for index in range(max(len(lines), len(due))):
        rows.append((10, lines[index] if index < len(lines) else "", due[index] if index < len(due) else ""))
    rows.append((10, "", ""))
    for line in body.get("Line") or ():
        rows.append((10, _line_text(line), f"{cents(line.get('Amount')):,.2f}"))
    tax = (body.get("TxnTaxDetail") or {}).get("TotalTax")
    if tax:
        rows.append((10, "Tax", f"{cents(tax):,.2f}"))
    rows += [(10, "", ""), (12, f"Total ({currency})", f"{cents(body.get('TotalAmt')):,.2f}")]
    if "Balance" in body:
        rows.append((12, f"Balance due ({currency})", f"{cents(body['Balance']):,.2f}"))
    memo = (body.get("CustomerMemo") or {}).get("value")
    if memo:
        rows += [(10, "", ""), *((10, part, "") for part in str(memo).splitlines())]
    rows += [(8, "", ""), (8, "Made by a QuickBooks Online simulator. This is not a document of Intuit.", "")]
    return rows


def _line_text(line: dict[str, Any]) -> str:
    kind = line.get("DetailType")
    if kind == "SubTotalLineDetail":
        return "Subtotal"
    if kind == "DiscountLineDetail":
        percent = (line.get("DiscountLineDetail") or {}).get("DiscountPercent")
        return f"Discount {percent} %" if percent else "Discount"
    detail = line.get("SalesItemLineDetail") or {}
    name = (detail.get("ItemRef") or {}).get("name", "")
    count = f"{detail['Qty']} x {detail['UnitPrice']}" if "Qty" in detail and "UnitPrice" in detail else ""
    links = ", ".join(f"{link.get('TxnType')} {link.get('TxnId')}" for link in line.get("LinkedTxn") or ())
    return "  ".join(str(part) for part in (name, line.get("Description"), count, links) if part)


def _content(rows: list[tuple[int, str, str]]) -> bytes:
    height, parts = _HEIGHT - 60, []
    for size, left, right in rows:
        for text, place in ((left[:90], 50), (right, 470)):
            if text:
                parts.append(f"BT /F1 {size} Tf 1 0 0 1 {place} {height} Tm ({_escape(text)}) Tj ET")
        height -= size + 6
    return "\n".join(parts).encode("cp1252", "replace")


def _escape(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file(contents: list[bytes]) -> bytes:
    """Return the bytes of a PDF with one page for each content."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * index} 0 R >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    out, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
