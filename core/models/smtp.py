"""How e-mails leave, where an administrator has said so; otherwise the environment says it."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MailSecurity(models.TextChoices):
    """How the connection to the mail server is kept private."""

    STARTTLS = "starttls", _("STARTTLS (mostly port 587)")
    TLS = "tls", _("TLS from the start (mostly port 465)")
    NONE = "none", _("None (only for a server on this machine)")


class MailServer(models.Model):
    """The one row with id 1. ``sealed_password`` is encrypted; nothing ever shows or logs what it says."""

    enabled = models.BooleanField(default=False)
    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(default=587)
    security = models.CharField(max_length=8, choices=MailSecurity, default=MailSecurity.STARTTLS)
    username = models.CharField(max_length=255, blank=True)
    sealed_password = models.TextField(blank=True)
    from_name = models.CharField(max_length=120, blank=True)
    from_address = models.EmailField(blank=True)
    reply_to = models.EmailField(blank=True)
    daily_limit = models.PositiveIntegerField(null=True, blank=True, help_text="E-mails a day; none without a limit.")
    counted_on = models.DateField(null=True, help_text="The company's day that ``counted`` is about.")
    counted = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, help_text="The last failure, in words.")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="there_is_one_mail_server"),
            models.CheckConstraint(
                condition=Q(enabled=False) | ~Q(host="") & ~Q(from_address=""),
                name="a_mail_server_in_use_has_a_host_and_a_sender",
            ),
            models.CheckConstraint(condition=Q(port__gte=1) & Q(port__lte=65535), name="a_port_is_a_port"),
        ]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
