"""Forgotten passwords: asking for a link, and choosing a new password by it."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import resets
from accounts.forms import NewPassword
from accounts.models import User


class AddressForm(forms.Form):
    """Whose password it is."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )


class ResetForm(NewPassword):
    """The new password of a known person, as Django's view wants it."""

    def __init__(self, user: User | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("New password")
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Check it against the person's name and address too."""
        if self.user is not None:
            self.cleaned_data |= {"email": self.user.email, "name": self.user.name}
        return super().clean()


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer is the same for every address."""
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        resets.ask(form.cleaned_data["email"], request=request)
        return redirect("accounts:reset-asked")
    return render(request, "accounts/forgotten.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
@require_http_methods(["GET", "HEAD"])
def asked(request: HttpRequest) -> HttpResponse:
    """What happens next."""
    return render(request, "accounts/forgotten_done.html")


class Reset(PasswordResetConfirmView):
    """Django's page behind the link: it takes the secret out of the address before it shows anything."""

    form_class = ResetForm  # type: ignore[assignment] # the stubs know the form of Django alone
    template_name = "accounts/reset.html"
    success_url = reverse_lazy("accounts:login")

    def form_valid(self, form: Any) -> HttpResponse:
        """Change the password and lead to the sign-in, where the second factor is asked for as ever."""
        resets.reset(cast(User, self.user), password=form.cleaned_data["password"], request=self.request)
        self.request.session.flush()
        messages.success(self.request, _("Your password is changed. Sign in with it."))
        return redirect(self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say what is wrong with it."""
        response = super().form_invalid(form)
        response.status_code = 422
        return response


reset = Reset.as_view()
