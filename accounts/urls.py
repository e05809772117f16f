"""Addresses of this app."""

from django.urls import path

from accounts.views import home, invitations, oidc, profile, resets, roles, security, session, teams, users

app_name = "accounts"
urlpatterns = [
    path("login/", session.login, name="login"),
    path("login/provider/", oidc.begin, name="oidc-begin"),
    path("login/provider/callback/", oidc.callback, name="oidc-callback"),
    path("settings/security/provider/off/", oidc.disconnect, name="oidc-disconnect"),
    path("settings/users/sessions/end/", users.everybody_sessions_end, name="everybody-sessions-end"),
    path("settings/users/<int:pk>/sessions/end/", users.user_sessions_end, name="user-sessions-end"),
    path("settings/users/<int:pk>/provider/off/", users.user_identity_off, name="user-identity-off"),
    path("logout/", session.logout, name="logout"),
    path("login/forgotten/", resets.forgotten, name="forgotten"),
    path("login/forgotten/sent/", resets.asked, name="reset-asked"),
    path("login/new-password/<uidb64>/<token>/", resets.reset, name="reset"),
    path("invitation/<int:pk>/<str:token>/", invitations.accept, name="invitation"),
    path("setup/", session.first_admin, name="first-admin"),
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/profile/password/", profile.password, name="password"),
    path("settings/profile/preferences/", profile.preferences, name="preferences"),
    path("settings/security/sessions/end/", security.sessions_end, name="sessions-end"),
    path("settings/security/sessions/<int:pk>/end/", security.session_end, name="session-end"),
    path("settings/users/", users.user_list, name="user-list"),
    path("settings/users/home/", home.people_home, name="people-home"),
    path("settings/users/add/", users.user_create, name="user-create"),
    path("settings/users/invite/", invitations.invite, name="invite"),
    path("settings/users/invitations/<int:pk>/resend/", invitations.resend, name="invitation-resend"),
    path("settings/users/invitations/<int:pk>/withdraw/", invitations.withdraw, name="invitation-withdraw"),
    path("settings/users/<int:pk>/two-factor/off/", users.user_two_factor_off, name="user-two-factor-off"),
    path("settings/users/<int:pk>/", users.user_edit, name="user-edit"),
    path("settings/users/<int:pk>/active/", users.user_activate, name="user-activate"),
    path("settings/users/<int:pk>/leave/", users.user_leave, name="user-leave"),
    path("settings/roles/", roles.role_list, name="role-list"),
    path("settings/roles/add/", roles.role_create, name="role-create"),
    path("settings/roles/<int:pk>/", roles.role_edit, name="role-edit"),
    path("settings/roles/<int:pk>/delete/", roles.role_delete, name="role-delete"),
    path("settings/teams/", teams.team_list, name="team-list"),
    path("settings/teams/add/", teams.team_create, name="team-create"),
    path("settings/teams/<int:pk>/", teams.team_edit, name="team-edit"),
    path("settings/teams/<int:pk>/delete/", teams.team_delete, name="team-delete"),
]
