"""Users and roles."""

import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def validate_time_zone(name: str) -> None:
    """Raises ValidationError unless ``name`` is an IANA zone such as ``Europe/London``."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone."), params={"name": name})


class Sees(models.TextChoices):
    """Whose records the people of a role see."""

    ALL = "all", _("All records")
    TEAM = "team", _("Records of their teams")
    OWN = "own", _("Only their own records")


class Role(models.Model):
    """A named set of permissions from the catalogue in ``accounts.permissions``, and how far its people see.

    ``sees_unassigned``: who does not see all records sees those that nobody owns as well.
    """

    name = models.CharField(max_length=60, unique=True)
    permissions = models.JSONField(default=list)
    requires_two_factor = models.BooleanField(default=False)
    sees = models.CharField(max_length=4, choices=Sees.choices, default=Sees.ALL)
    sees_unassigned = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sees__in=["all", "team", "own"]), name="a_role_sees_all_team_or_own"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """People who work together: lists are filtered by them, and saved views shared with them."""

    name = models.CharField(max_length=80)
    members: "models.ManyToManyField[User, Any]" = models.ManyToManyField("User", related_name="teams", blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="a_team_has_a_name_of_its_own")]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(BaseUserManager["User"]):
    """Users are made with an e-mail address and a password."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user with a hashed password; ``fields`` are name, role and so on."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    role = models.ForeignKey(Role, models.PROTECT, null=True, related_name="users")
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    language = models.CharField(max_length=10, default="en-us")
    theme = models.CharField(max_length=6, default="system")
    density = models.CharField(max_length=12, default="comfortable")
    shortcuts = models.CharField(max_length=3, default="on", help_text="Single keys that do something: on or off.")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    objects = UserQuerySet()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        """One or two letters for the avatar."""
        words = self.name.split() or [self.email]
        return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


class Invitation(models.Model):
    """Somebody who is asked to join. The link is made of ``nonce`` and the product's secret key; no row holds it."""

    name = models.CharField(max_length=120)
    email = models.EmailField()
    role = models.ForeignKey(Role, models.PROTECT, related_name="invitations")
    teams: "models.ManyToManyField[Team, Any]" = models.ManyToManyField(Team, blank=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    nonce = models.CharField(max_length=64, help_text="Another one with each e-mail: the former link ends.")
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="an_address_has_one_open_invitation",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether it can be accepted."""
        return self.accepted_at is None and self.withdrawn_at is None and not self.has_expired

    @property
    def has_expired(self) -> bool:
        """Whether its time is up."""
        return self.expires_at <= timezone.now()
