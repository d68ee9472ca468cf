"""The deck's pages: writing, previewing, saving, statuses, pairs, files in and out, figures."""

from __future__ import annotations

import io
import uuid
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.fakes import desk
from tests.fakes.desk import page, signed_in
from tests.fakes.rooms import make_room
from yesand.commission import actions, cards
from yesand.commission.models import Prompt
from yesand.labels import actions as labels
from yesand.labels.models import SceneNote
from yesand.people import actions as people
from yesand.stage.models import Scene, Take
from yesand.web.producer.deck_figures import PlayRows

pytestmark = pytest.mark.django_db

program, mo, producer, ada = desk.program, desk.mo, desk.producer, desk.ada
commission = desk.commission

TEXT = (actions.DECK / "the-toast.yaml").read_text("utf-8")


@pytest.fixture
def here(program):
    return f"/producer/{program.slug}/deck"


@pytest.fixture
def toast(mo):
    first = actions.save_card(TEXT, mo)
    actions.set_status(first, "live", mo)
    first.refresh_from_db()
    return first


def typed(client, address, text, **more):
    """What the server answers while somebody types."""
    answer = client.post(address, {"yaml": text, **more}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_while_typing_each_problem_stands_at_its_line_and_the_card_beside_it(producer, here):
    assert "Nothing to mend." in typed(producer, f"{here}/new", TEXT)
    shown = typed(producer, f"{here}/new", TEXT)
    assert "You are June" in shown and "You are Ida" in shown and "On the table" in shown
    june, ida = shown.split('data-face="b"')
    assert "You kept it." not in june and "You kept it." in ida
    wrong = typed(producer, f"{here}/new", TEXT.replace("Hurry past your own part", "Get angry"))
    line = 1 + TEXT.split("Hurry past your own part")[0].count("\n")
    assert f'data-line="{line}"' in wrong and "names a feeling" in wrong
    assert "to mend before it can be saved" in wrong and "You are June" in wrong
    assert "turns[0].action" in wrong
    for text in ("", "roles: [", "- x", "roles: 7\nturns: 3", "&a [*a]", "a: !!python/x y"):
        assert "to mend before it can be saved" in typed(producer, f"{here}/new", text)
    assert "Nobody has checked" in typed(producer, f"{here}/new", TEXT.replace(": en", ": eo"))
    escaped = typed(producer, f"{here}/new", TEXT.replace("The Toast", "<b>The Toast</b>"))
    assert "<b>The Toast" not in escaped and "&lt;b&gt;The Toast" in escaped
    assert Prompt.objects.count() == 0, "typing saves nothing"


def test_what_cannot_be_saved_stays_as_it_was_typed(producer, here):
    bad = TEXT.replace("  b:\n    alias: Ida", "  b:\n    alias:  # who?\n")
    answer = producer.post(f"{here}/new", {"yaml": bad, "act": "save"})
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "alias:  # who?" in html and "roles.b.alias" in html and "data-unsaved" in html
    answer = producer.post(f"{here}/new", {"yaml": "title: \0", "act": "save"})
    assert answer.status_code == 400
    assert Prompt.objects.count() == 0


def test_a_new_card_becomes_live_and_the_step_is_undone(producer, here):
    assert "Who, where, today" in page(producer, f"{here}/new")
    answer = producer.post(f"{here}/new", {"yaml": TEXT.replace("\n", "\r\n"), "act": "save"})
    card = Prompt.objects.get()
    assert answer.url == f"{here}/{card.pk}" and card.status == "draft"
    listed = page(producer, here)
    assert "a draft by Mo" in listed and "one draft waits" in listed
    producer.post(f"{here}/{card.pk}/step", {"status": "live"})
    card.refresh_from_db()
    assert card.status == "live"
    html = page(producer, f"{here}/{card.pk}")
    assert "draft to live" in html and "Undo" in html and "Not yet played" in html
    change = card.history[-1]["id"]
    producer.post(f"{here}/{card.pk}/step", {"undo": change})
    card.refresh_from_db()
    assert card.status == "draft"
    again = producer.post(f"{here}/{card.pk}/step", {"undo": change}, follow=True)
    assert "changed since" in again.content.decode()
    for wrong in ({"status": "burned"}, {}, {"undo": "x"}):
        assert producer.post(f"{here}/{card.pk}/step", wrong).status_code == 302
    card.refresh_from_db()
    assert card.status == "draft"


def test_the_second_editor_is_told_what_changed_and_keeps_the_own_text(
    producer, program, here, toast, ada
):
    people.join(program, ada, "producer")
    other = signed_in(ada)
    address = f"{here}/{toast.pk}/edit"
    assert f'value="{toast.pk}"' in page(producer, address)
    theirs = TEXT.replace("An hour", "A minute").replace("an hour before", "a minute before")
    assert other.post(address, {"yaml": theirs, "base": toast.pk}).status_code == 302
    mine = TEXT.replace("in the cloakroom", "on the stairs")
    answer = producer.post(address, {"yaml": mine, "base": toast.pk})
    html = answer.content.decode()
    assert answer.status_code == 409 and Prompt.objects.count() == 2
    assert "Ada saved version 2 while you were writing" in html
    assert "on the stairs" in html and "a minute before" in html, "mine and theirs"
    second = Prompt.objects.get(version=2)
    assert f'name="base" value="{second.pk}"' in html and "Save mine after version 2" in html
    answer = producer.post(address, {"yaml": mine, "base": second.pk})
    third = Prompt.objects.get(version=3)
    assert answer.url == f"{here}/{third.pk}" and "on the stairs" in third.body["premise"]
    assert producer.get(address).url == f"{here}/{third.pk}/edit", "an old version leads on"
    assert producer.post(address, {"yaml": mine, "base": uuid.uuid4()}).status_code == 404
    same = producer.post(address, {"yaml": cards.text_of(third), "base": third.pk})
    assert same.status_code == 400 and "Nothing has changed" in same.content.decode()
    assert "There is a version 3" in page(producer, f"{here}/{toast.pk}")


def test_a_pair_and_another_language_are_proposed_and_shown_beside_their_parent(
    producer, here, toast, commission
):
    html = page(producer, f"{here}/{toast.pk}")
    assert "Tell it in Spanish" in html, "the program's order asks for it"
    assert "id: the-toast-b" in page(producer, f"{here}/new?from={toast.pk}")
    spanish = page(producer, f"{here}/new?from={toast.pk}&language=es")
    assert "id: the-toast-es" in spanish and "language: es" in spanish
    text = cards.pair_text(toast).replace("in the cloakroom", "on the stairs")
    producer.post(f"{here}/new", {"yaml": text})
    pair = Prompt.objects.get(slug="the-toast-b")
    html = page(producer, f"{here}/{pair.pk}")
    assert "What it changes in The Toast" in html and "on the stairs" in html
    assert "the-toast-b, en" in page(producer, f"{here}/{toast.pk}")
    for wrong in ("x", uuid.uuid4()):
        assert producer.get(f"{here}/new?from={wrong}").status_code == 404


def test_files_go_out_and_come_in(producer, here, toast):
    one = producer.get(f"{here}/{toast.pk}.yaml")
    assert one.content.decode() == cards.text_of(toast)
    assert 'filename="the-toast.yaml"' in one["Content-Disposition"]
    packed = producer.get(f"{here}.zip").content
    assert packed == producer.get(f"{here}.zip").content
    assert zipfile.ZipFile(io.BytesIO(packed)).read("the-toast.yaml").decode() == cards.text_of(
        toast
    )
    Prompt.objects.all().delete()

    def send(*files):
        sent = [SimpleUploadedFile(name, content) for name, content in files]
        return producer.post(f"{here}/files", {"files": sent}, follow=True)

    assert "1 new card" in send(("deck.zip", packed)).content.decode()
    assert Prompt.objects.get().status == "live"
    assert "0 new cards" in send(("the-toast.yaml", one.content)).content.decode()
    bad = TEXT.replace("Hurry past your own part", "Get angry").encode()
    answer = send(("good.yaml", TEXT.replace(": the-toast", ": x").encode()), ("bad.yaml", bad))
    assert answer.status_code == 400
    assert "bad.yaml:34: turns[0].action" in answer.content.decode()
    assert Prompt.objects.count() == 1
    for wrong in ([], [("x.zip", b"PK\x03\x04 torn")], [("x.yaml", b"\xff")], [("x", b"[")]):
        assert send(*wrong).status_code == 400
    broad = io.BytesIO()
    with zipfile.ZipFile(broad, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.yaml", b"\0" * (9 << 20))
    assert "Keep it below 8 MiB" in send(("bomb.zip", broad.getvalue())).content.decode()


def test_who_is_no_producer_here_writes_nothing(producer, program, here, toast, ada):
    people.join(program, ada, "performer")
    stranger = signed_in(ada)
    posts = [f"{here}/new", f"{here}/{toast.pk}/edit", f"{here}/{toast.pk}/step", f"{here}/files"]
    for address in posts:
        assert stranger.post(address, {"yaml": TEXT, "status": "retired"}).status_code == 404
    for address in (here, f"{here}.zip", f"{here}/{toast.pk}", f"{here}/{toast.pk}.yaml"):
        assert stranger.get(address).status_code == 404
    people.close_program(program)
    for address in posts:
        answer = producer.post(address, {"yaml": TEXT, "base": toast.pk, "status": "retired"})
        assert answer.status_code == 409
    assert "New card" not in page(producer, here)
    toast.refresh_from_db()
    assert toast.status == "live" and Prompt.objects.count() == 1


def test_figures_are_of_five_players_or_nobody(home, mo):
    room = make_room()
    people.join(room.program, mo, "producer")
    card = actions.save_card(TEXT, mo)
    scene = Scene.objects.create(
        session=room.session,
        index=7,
        prompt=card,
        swaps=[{"prompt": str(card.pk), "why": "unclear"}, {"prompt": str(card.pk), "why": ""}],
    )
    for number in range(1, 4):
        take = Take.objects.create(
            scene=scene, number=number, state="closed", opened_at=1.0, closed_at=60.0 * number
        )
        for who in (1, 2):
            player = people.add_person(f"p{number}-{who}@example.org")
            SceneNote.objects.create(
                take=take, person=player, role="ab"[who - 1], fun=number + 1, human=5,
                landed=number > 1 or who == 1,
            )  # fmt: skip
    desk_page = f"/producer/{room.program.slug}/deck"
    html = page(signed_in(mo), f"{desk_page}/{card.pk}")
    assert "played 3 times, put back 2 times (not clear to me 1)" in html
    assert "fun 3.0, human 5.0, grounded - (n 6)" in html and "line landed in 2 of 3" in html
    assert "last on a stage" in page(signed_in(mo), desk_page)
    SceneNote.objects.filter(take__number=3).delete()
    few = PlayRows(room.program).of([card.pk])
    assert (few.people, few.fun, few.landed) == (4, None, None), "nobody's own answer"
    assert PlayRows(room.program).of([uuid.uuid4()]).unplayed


def test_players_say_whether_the_line_landed_where_there_was_one(home, mo):
    here = make_room()
    toast, kettle = (actions.save_card((actions.DECK / f"{slug}.yaml").read_text("utf-8"), mo)
                     for slug in ("the-toast", "the-kettle"))  # fmt: skip
    client = signed_in(here.ada)
    for index, card in enumerate((toast, kettle), 5):
        scene = Scene.objects.create(session=here.session, index=index, prompt=card)
        take = Take.objects.create(
            scene=scene, number=1, state="closed", opened_at=1.0, closed_at=61.0
        )
        address = f"/room/{here.session.pk}/notes/{take.pk}?at=99"
        asked = "Did the line land" in page(client, address)
        assert asked == (index == 5), "only the first of the two has a line to earn"
        assert client.post(address, {"fun": "4", "landed": "yes"}).status_code == 302
        assert SceneNote.objects.get(take=take).landed is (True if index == 5 else None)
    with pytest.raises(labels.Refused):
        labels.note_scene(take, here.ada, {"fun": 3}, landed=True)
