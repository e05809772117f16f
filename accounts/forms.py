"""Forms about users."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import attempts, audit
from accounts.backends import RoleBackend
from accounts.models import Role, User
from accounts.oidc import configuration


def zone_choices() -> list[tuple[str, str]]:
    """All IANA zones, in words."""
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class SignInForm(AuthenticationForm):
    """E-mail and password."""

    error_messages = {
        "invalid_login": _("E-mail or password is wrong. Both are checked for capitals."),
        "inactive": _("This account is switched off. Ask an administrator."),
        "provider": _("Here people sign in with %(name)s; a password is for administrators in an emergency."),
        "wait": _("Too many attempts for this e-mail address. Try again in a quarter of an hour."),
    }
    username = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})
    )

    def clean(self) -> dict[str, Any]:
        """Check the password, unless it was wrong too often; the right one does not help then either."""
        email = self.cleaned_data.get("username", "")
        address = audit.client_address(self.request) if self.request else ""
        if email and attempts.exhausted(email, address):
            raise ValidationError(self.error_messages["wait"], code="wait")
        try:
            cleaned = super().clean()
        except ValidationError:
            self._note_failure(email, address)
            raise
        if email and self.get_user() is not None:
            attempts.forget(email)
            self._refuse_unless_emergency(self.get_user())
        return cleaned

    def _refuse_unless_emergency(self, person: AbstractBaseUser) -> None:
        """Where the identity provider is the only way, whoever manages users may be needed to mend it."""
        if configuration.only() and not RoleBackend().has_perm(person, "accounts.manage"):
            named = {"name": configuration.name()}
            raise ValidationError(self.error_messages["provider"], code="provider", params=named)

    def _note_failure(self, email: str, address: str) -> None:
        locked = attempts.failed(email, address)
        person = User.objects.filter(email__iexact=email).first()
        if person is not None:
            audit.record("user.sign_in_failed", person, request=self.request, by=None)
            if locked:
                audit.record("user.locked", person, request=self.request, by=None)


class NewPassword(forms.Form):
    """A password that passes the rules; forms with other fields put theirs before it."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters, not known from leaks and not a part of the name."),
    )

    def clean(self) -> dict[str, Any]:
        """Check the password against Django's validators, knowing name and e-mail."""
        cleaned = super().clean() or {}
        person = User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
        if password := cleaned.get("password"):
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class FirstAdminForm(NewPassword):
    """The first administrator."""

    field_order = ["name", "email", "time_zone", "password"]
    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices, initial="UTC", widget=forms.Select(attrs={"data-picker": True})
    )


class NewUserForm(NewPassword):
    """A user made by an administrator."""

    field_order = ["name", "email", "role", "password"]
    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ModelChoiceField(Role.objects.order_by("name"), label=_("Role"), empty_label=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Initial password")

    def clean_email(self) -> str:
        """Refuse an address that somebody has, in whatever capitals."""
        email: str = User.objects.normalize_email(self.cleaned_data["email"])
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError(_("Somebody with this e-mail address exists already."))
        return email


class UserForm(forms.ModelForm):  # type: ignore[type-arg] # takes its argument in the stubs only
    """Name and role of a user."""

    class Meta:
        model = User
        fields = ["name", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].required = True


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg] # as above
    """What a person decides about the own account."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices, widget=forms.Select(attrs={"data-picker": True})
    )
    language = forms.ChoiceField(
        label=_("Language and notation"),
        choices=settings.LANGUAGES,
        help_text=_("How dates and amounts are written."),
    )
    theme = forms.ChoiceField(
        label=_("Theme"), choices=[("system", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]
    )
    density = forms.ChoiceField(
        label=_("Density"), choices=[("comfortable", _("Comfortable")), ("compact", _("Compact"))]
    )

    shortcuts = forms.ChoiceField(
        label=_("Single-key shortcuts"),
        choices=[("on", _("On")), ("off", _("Off"))],
        required=False,
        help_text=_("Such as c to create and j for the next row. The key ? lists them. Ctrl K always works."),
    )

    class Meta:
        model = User
        fields = ["name", "time_zone", "language", "theme", "density", "shortcuts"]

    def clean_shortcuts(self) -> str:
        """As it was where nothing was sent."""
        return self.cleaned_data["shortcuts"] or str(self.instance.shortcuts)


class PasswordForm(NewPassword):
    """A new password, with the present one as proof."""

    field_order = ["present", "password"]
    present = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].label = _("New password")

    def clean_present(self) -> str:
        """Refuse a wrong present password."""
        present: str = self.cleaned_data["present"]
        if not self.user.check_password(present):
            raise ValidationError(_("That is not your present password."))
        return present
