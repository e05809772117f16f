"""E-mails in the company's look: the same words as HTML, with its name, colour, logo and footer."""

from email.mime.image import MIMEImage

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from core import colours, company
from core.models import BrandLogo, CompanyProfile

LOGO_ID = "logo"


def with_footer(body: str, about: CompanyProfile) -> str:
    """The plain text, with the company's footer below it."""
    return f"{body.rstrip()}\n\n-- \n{about.footer.strip()}\n" if about.footer.strip() else body


def html(subject: str, body: str, about: CompanyProfile, *, logo: str) -> str:
    """The HTML of an e-mail; ``logo`` is the address of the picture, empty for none."""
    context = {
        "subject": subject,
        "body": body,
        "about": about,
        "logo": logo,
        "text_colour": colours.text_on(about.brand_colour),
    }
    return render_to_string("core/mail_branded.html", context)


def dress(message: EmailMultiAlternatives) -> EmailMultiAlternatives:
    """Give an e-mail the company's look; one without a name, logo and footer stays plain text."""
    about = company.profile()
    if not (about.name or about.logo_version or about.footer.strip()):
        return message
    body = str(message.body)
    stored = BrandLogo.objects.filter(pk=1).first() if about.logo_version else None
    message.attach_alternative(
        html(str(message.subject), body, about, logo=f"cid:{LOGO_ID}" if stored else ""), "text/html"
    )
    message.body = with_footer(body, about)
    if stored is not None:
        picture = MIMEImage(bytes(stored.content), "png")
        picture.add_header("Content-ID", f"<{LOGO_ID}>")
        picture.add_header("Content-Disposition", "inline", filename="logo.png")
        message.attach(picture)
    return message
