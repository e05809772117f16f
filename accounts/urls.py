"""Addresses of this app."""

from django.urls import path

from accounts.views import home, profile, session, teams, users

app_name = "accounts"
urlpatterns = [
    path("login/", session.login, name="login"),
    path("logout/", session.logout, name="logout"),
    path("setup/", session.first_admin, name="first-admin"),
    path("settings/profile/", profile.profile, name="profile"),
    path("settings/profile/password/", profile.password, name="password"),
    path("settings/profile/preferences/", profile.preferences, name="preferences"),
    path("settings/users/", users.user_list, name="user-list"),
    path("settings/users/home/", home.people_home, name="people-home"),
    path("settings/users/add/", users.user_create, name="user-create"),
    path("settings/users/<int:pk>/", users.user_edit, name="user-edit"),
    path("settings/users/<int:pk>/active/", users.user_activate, name="user-activate"),
    path("settings/users/<int:pk>/leave/", users.user_leave, name="user-leave"),
    path("settings/teams/", teams.team_list, name="team-list"),
    path("settings/teams/add/", teams.team_create, name="team-create"),
    path("settings/teams/<int:pk>/", teams.team_edit, name="team-edit"),
    path("settings/teams/<int:pk>/delete/", teams.team_delete, name="team-delete"),
]
