from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scoring.views import room, sessions

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
_SESSION = "p/<str:key>/refinement/<int:pk>/"

urlpatterns = [
    path("p/<str:key>/refinement/", require_safe(sessions.session_list), name="refinement"),
    path("p/<str:key>/refinement/new/", get_or_post(sessions.session_new), name="refinement-new"),
    path(
        "p/<str:key>/refinement/templates/<int:pk>/remove/",
        require_POST(sessions.template_remove),
        name="refinement-template-remove",
    ),
    path(_SESSION, require_safe(room.session_room), name="refinement-session"),
    path(f"{_SESSION}edit/", get_or_post(sessions.session_edit), name="refinement-edit"),
    path(f"{_SESSION}cancel/", require_POST(sessions.session_cancel), name="refinement-cancel"),
    path(f"{_SESSION}next/", require_POST(sessions.session_next), name="refinement-next"),
    path(
        f"{_SESSION}calendar/", require_safe(sessions.session_calendar), name="refinement-calendar"
    ),
    path(f"{_SESSION}agenda/", require_POST(sessions.session_agenda), name="refinement-agenda"),
    path(
        f"{_SESSION}template/", require_POST(sessions.session_template), name="refinement-template"
    ),
    path(f"{_SESSION}minutes/", require_safe(sessions.session_minutes), name="refinement-minutes"),
    path(f"{_SESSION}pulse/", require_safe(room.pulse), name="refinement-pulse"),
    path(f"{_SESSION}here/", require_POST(room.here), name="refinement-here"),
    path(f"{_SESSION}open/", require_POST(room.open_session), name="refinement-open"),
    path(f"{_SESSION}take-over/", require_POST(room.take_over), name="refinement-take-over"),
    path(f"{_SESSION}close/", require_POST(room.close), name="refinement-close"),
    path(f"{_SESSION}notes/", require_POST(room.note_add), name="refinement-notes"),
    path(
        f"{_SESSION}notes/<int:note>/settle/",
        require_POST(sessions.note_settle),
        name="refinement-note-settle",
    ),
    path(f"{_SESSION}entries/<int:entry>/vote/", require_POST(room.vote), name="refinement-vote"),
    *(
        path(f"{_SESSION}entries/<int:entry>/{verb}/", require_POST(act), name=f"refinement-{verb}")
        for verb, act in room.ACTS.items()
    ),
]
