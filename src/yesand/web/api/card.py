"""The card on the table as its player sees it, for players without a page: robots and models.

GET answers `{"scene", "language", "own_line", "card"}`: `card` is the public part of the prompt
with `mine`, the asker's private half, and `kind_of_relationship`; null where nothing was chosen or
the players wrote a line of their own. Nothing of the partner's half is in it.
"""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from yesand.commission.prompt_schema import private_half, public_part
from yesand.stage import reads
from yesand.stage.access import place_of
from yesand.web.access import person_of
from yesand.web.api.bodies import scripts


@scripts
@require_safe
def card(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """The scene that is played or was chosen next; 404 for everybody but its two players."""
    row = reads.session(session)
    place = place_of(person_of(request), row) if row is not None else None
    if row is None or place is None:
        raise Http404
    take = reads.open_take(row.pk)
    scene = take.scene if take is not None else reads.chosen_scene(row)
    body = scene.prompt.body if scene is not None and scene.prompt is not None else None
    shown = None
    if body is not None:
        shown = {
            **public_part(body),
            "kind_of_relationship": body["relationship"],
            "mine": private_half(body, place.role),
        }
    languages = place.person.languages
    return JsonResponse(
        {
            "scene": str(scene.pk) if scene is not None else None,
            "language": body["language"] if body else (languages[0] if languages else "en"),
            "own_line": scene.own_line if scene is not None else "",
            "card": shown,
        }
    )
