from django.urls import path

from accounts.views import passwords, settings, sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("forgot-password/", passwords.forgot, name="forgot-password"),
    path("forgot-password/sent/", passwords.forgot_sent, name="forgot-password-sent"),
    path("new-password/<str:uid>/<str:token>/", passwords.new_password, name="new-password"),
    path("settings/", settings.profile, name="settings"),
    path("settings/theme/", settings.theme, name="settings-theme"),
    path("settings/password/", passwords.change, name="settings-password"),
    path("settings/tokens/", settings.token_list, name="settings-tokens"),
    path("settings/tokens/<int:pk>/revoke/", settings.token_revoke, name="settings-token-revoke"),
    path("settings/sessions/", settings.session_list, name="settings-sessions"),
    path(
        "settings/sessions/end-others/",
        settings.session_end_others,
        name="settings-sessions-end-others",
    ),
    path("settings/sessions/<str:handle>/end/", settings.session_end, name="settings-session-end"),
]
