"""django-allauth's views of the second factor, on our pages."""

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as CodeView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from accounts import two_factor
from accounts.models import User


def _refused(response: HttpResponse) -> HttpResponse:
    """A form with errors is a 422 here, as everywhere in the product."""
    response.status_code = 422
    return response


class SecondFactor(AuthenticateView):  # type: ignore[misc] # the library has no types
    """The code after the password."""

    template_name = "accounts/two_factor.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong with the code."""
        return _refused(super().form_invalid(form))


class ConfirmPassword(ReauthenticateView):  # type: ignore[misc] # as above
    """The password again, before something that matters."""

    template_name = "accounts/confirm.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say that it is wrong."""
        return _refused(super().form_invalid(form))


class ConfirmCode(CodeView):  # type: ignore[misc] # as above
    """A code, before something that matters."""

    template_name = "accounts/confirm.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say that it is wrong."""
        return _refused(super().form_invalid(form))


class Activate(ActivateTOTPView):  # type: ignore[misc] # as above
    """Show the QR code and take the first code."""

    template_name = "accounts/two_factor_activate.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the secret in groups of four, for those who type it, and whether there is a way around."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        user = self.request.user
        must = isinstance(user, User) and two_factor.needed(user)
        return context | {"secret": grouped, "must": must}

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong with the code; the QR code stays the same."""
        return _refused(super().form_invalid(form))


authenticate = SecondFactor.as_view()
confirm_password = ConfirmPassword.as_view()
confirm_code = ConfirmCode.as_view()
activate = never_cache(Activate.as_view())
deactivate = DeactivateTOTPView.as_view(template_name="accounts/two_factor_off.html")
recovery_codes = never_cache(ViewRecoveryCodesView.as_view(template_name="accounts/recovery_codes.html"))
renew_codes = GenerateRecoveryCodesView.as_view(template_name="accounts/recovery_codes_new.html")
