"""A quote as a PDF: one document in the brand's colour, with a font that has most of the world's letters."""

import io
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from core.colours import rgb
from crm.public import PublicQuote

FONT = "DejaVu"
INK, MUTED, HAIRLINE = (27, 28, 32), (98, 100, 108), (214, 214, 219)


def render(quote: PublicQuote, brand: dict[str, Any]) -> bytes:
    """The document as bytes."""
    page = _Page(quote, brand)
    page.add_page()
    page.head()
    page.parties()
    if quote.notes:
        page.words(quote.notes)
    page.lines()
    page.sums()
    if quote.terms:
        page.section(_("Terms"), quote.terms)
    page.answer()
    page.foot()
    return bytes(page.output())


def file_name(number: str) -> str:
    """A name for the file, of plain letters alone."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", number).strip("-.") or "quote"


class _Page(FPDF):
    """The pages: each has its number in the foot."""

    def __init__(self, quote: PublicQuote, brand: dict[str, Any]) -> None:
        super().__init__(format="A4")
        self.quote, self.brand = quote, brand
        fonts = Path(settings.BASE_DIR) / "static" / "vendor" / "dejavu"
        self.add_font(FONT, "", fonts / "DejaVuSans.ttf")
        self.add_font(FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        self.set_margins(18, 18)
        self.set_auto_page_break(True, 22)
        self.set_title(f"{quote.number} {quote.title}")
        self.set_text_color(*INK)
        self.set_draw_color(*HAIRLINE)

    def footer(self) -> None:
        """Number of the quote and of the page."""
        self.set_y(-15)
        self.set_font(FONT, "", 8)
        self.set_text_color(*MUTED)
        page = _("Page %(page)s of {nb}") % {"page": self.page_no()}
        self.cell(0, 5, f"{self.quote.number} · {page}", align="C")
        self.set_text_color(*INK)

    def head(self) -> None:
        """Whose quote it is, and which."""
        self.set_fill_color(*rgb(self.brand["colour"]))
        self.rect(0, 0, self.w, 4, style="F")
        self.set_fill_color(255)  # the table fills its rows with what is set
        self.set_font(FONT, "B", 15)
        if self.brand.get("picture"):
            self.image(io.BytesIO(self.brand["picture"]), h=14, w=60, keep_aspect_ratio=True)
            self.ln(2)
        self._line(self.brand["name"] or self.brand["logo"], 8)
        self.set_font(FONT, "", 8.5)
        self.set_text_color(*MUTED)
        for line in self.brand["details"]:
            self._line(line, 4.4)
        self.set_text_color(*INK)
        self.ln(6)
        self.set_font(FONT, "B", 18)
        self.multi_cell(0, 8.5, self.quote.title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(3)

    def parties(self) -> None:
        """The customer on the left, number and dates on the right."""
        top = self.get_y()
        self.set_font(FONT, "", 9.5)
        for line in self.quote.customer:
            self._line(line, 5, width=95)
        bottom = self.get_y()
        facts = [(_("Quote"), self.quote.number)]
        if self.quote.version > 1:
            facts.append((_("Version"), str(self.quote.version)))
        facts += [(_("Date"), self.quote.published_on), (_("Valid until"), self.quote.expires_on)]
        self.set_y(top)
        for label, value in facts:
            if value:
                self.set_x(120)
                self.set_text_color(*MUTED)
                self.cell(28, 5, label)
                self.set_text_color(*INK)
                self.cell(0, 5, value, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_y(max(bottom, self.get_y()) + 7)

    def words(self, text: str) -> None:
        """A paragraph."""
        self.set_font(FONT, "", 9.5)
        self.multi_cell(0, 5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(5)

    def section(self, title: str, text: str) -> None:
        """A heading with a paragraph."""
        self.ln(4)
        self.set_font(FONT, "B", 9.5)
        self._line(title, 6)
        self.words(text)

    def lines(self) -> None:
        """The table of line items; its head is on every page."""
        titles = [_("Product or service"), _("Quantity"), _("Unit price")]
        widths = [74, 20, 28]
        if self.quote.discounts:
            titles.append(_("Discount"))
            widths.append(24)
        if self.quote.taxed:
            titles.append(_("Tax"))
            widths.append(22)
        titles.append(_("Amount"))
        widths.append(30)
        widths[0] += 174 - sum(widths)
        self.set_font(FONT, "", 8.5)
        head = FontFace(emphasis="BOLD", color=MUTED)
        with self.table(
            col_widths=tuple(widths),
            text_align=("LEFT", *["RIGHT"] * (len(widths) - 1)),
            borders_layout="HORIZONTAL_LINES",
            line_height=4.6,
            padding=(1.6, 1),
            headings_style=head,
        ) as table:
            for row in [titles, *self._rows()]:
                table.row(row)

    def _rows(self) -> list[list[str]]:
        rows = []
        for line in self.quote.lines:
            name = f"{line.name}\n{line.description}" if line.description else line.name
            row = [name, line.quantity, line.unit_price]
            row += [line.discount] if self.quote.discounts else []
            row += [line.tax] if self.quote.taxed else []
            rows.append([*row, line.amount])
        return rows

    def sums(self) -> None:
        """Subtotal, discount, total before tax, taxes, and the total with them where they are known."""
        self.ln(3)
        self.set_font(FONT, "", 9.5)
        if self.quote.discount:
            self._sum(_("Subtotal"), self.quote.subtotal)
            self._sum(_("Discount") + self.quote.discount_label, self.quote.discount)
        with_tax = self.quote.total_with_tax
        if not with_tax:
            self.set_font(FONT, "B", 11)
        self._sum(_("Total before tax"), self.quote.total)
        if with_tax:
            for label, amount in self.quote.taxes:
                self._sum(_("Tax %s") % label, amount)
            self.set_font(FONT, "B", 11)
            self._sum(_("Total"), with_tax)
        self.set_font(FONT, "", 9.5)
        for each in self.quote.periods:
            self._sum(each.label, each.total)

    def answer(self) -> None:
        """Who accepted it, if somebody did."""
        if self.quote.state == "accepted" and self.quote.answered_name:
            words = {"name": self.quote.answered_name, "date": self.quote.answered_on}
            self.section(_("Accepted"), _("Accepted by %(name)s on %(date)s.") % words)

    def foot(self) -> None:
        """What the company prints below everything."""
        if self.brand.get("footer"):
            self.ln(6)
            self.set_font(FONT, "", 8.5)
            self.set_text_color(*MUTED)
            for line in self.brand["footer"]:
                self._line(line, 4.4)
            self.set_text_color(*INK)

    def _sum(self, label: str, value: str) -> None:
        self.cell(134, 6.5, label, align="R")
        self.cell(0, 6.5, value, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _line(self, text: str, height: float, *, width: float = 0) -> None:
        self.multi_cell(width, height, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
