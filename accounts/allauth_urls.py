"""The pages of django-allauth that there are here, under the names by which the library finds them."""

from django.urls import path

from accounts.views import security, session, two_factor

urlpatterns = [
    path("login/", session.login, name="account_login"),
    path("login/code/", two_factor.authenticate, name="mfa_authenticate"),
    path("confirm/password/", two_factor.confirm_password, name="account_reauthenticate"),
    path("confirm/code/", two_factor.confirm_code, name="mfa_reauthenticate"),
    path("settings/security/", security.security, name="mfa_index"),
    path("settings/security/two-factor/", two_factor.activate, name="mfa_activate_totp"),
    path("settings/security/two-factor/off/", two_factor.deactivate, name="mfa_deactivate_totp"),
    path("settings/security/recovery-codes/", two_factor.recovery_codes, name="mfa_view_recovery_codes"),
    path("settings/security/recovery-codes/new/", two_factor.renew_codes, name="mfa_generate_recovery_codes"),
]
