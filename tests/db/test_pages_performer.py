"""A performer's own pages: who may open them, what they change, what they refuse."""

from __future__ import annotations

import datetime as dt
import json
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.fakes.heard import played, with_sound
from tests.fakes.rooms import make_room, person
from yesand.cases.models import Case
from yesand.consent import actions as consent
from yesand.consent import reads
from yesand.consent.models import Grant, TakeChoice, Withdrawal
from yesand.people.actions import join
from yesand.people.models import Person, Program
from yesand.people.reads import limits_of
from yesand.stage.models import Place, Scene, Session, Take

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
TRAIN, TEST = "recognition_training", "evaluation_only"


@pytest.fixture(autouse=True)
def fresh_pace():
    cache.clear()


@pytest.fixture
def room():
    made = make_room()
    Program.objects.filter(pk=made.program.pk).update(
        purposes=[TRAIN, TEST, "derived_features"], contact="Mo, 9 to 18"
    )
    made.program.refresh_from_db()
    for purpose in ("terms", "rater_terms", TRAIN, TEST, "derived_features", "solo_use"):
        consent.publish_terms(made.program, purpose, purpose, f"The words of {purpose}.")
    return made


@pytest.fixture
def take(room) -> Take:
    scene = Scene.objects.create(session=room.session, index=1, prompt=room.cards[0])
    at = timezone.now().timestamp() - 4000
    return Take.objects.create(
        scene=scene, number=1, state="closed", opened_at=at, closed_at=at + 281.0
    )


def signed(room, *people: Person) -> None:
    for who in people or (room.ada, room.noor):
        for purpose in (TRAIN, TEST):
            consent.grant(who, room.program, purpose)


def text_of(client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return " ".join(answer.content.decode().split())


OWN = ["/me", "/me/account", "/me/identity", "/me/limits", "/me/takes", "/me/money"]


@pytest.mark.parametrize("path", [*OWN, "/me/money.csv", "/me/data.json"])
def test_own_pages_open_for_the_person_and_for_nobody_else(client, room, path):
    answer = client.get(path)
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next=")
    client.force_login(room.ada)
    assert client.get(path).status_code == 200


class TestHome:
    def test_the_next_booking_comes_first(self, client, room):
        client.force_login(room.ada)
        text = text_of(client, "/me")
        assert "with someone new" in text and "$74.00 locked" in text
        assert "Check my camera and voice" in text and "/enter" in text
        assert "Mo, 9 to 18" in text

    def test_a_newcomer_sees_what_is_missing_in_order(self, client, room):
        new = Person.objects.get(pk=person("Nia").pk)
        Person.objects.filter(pk=new.pk).update(adult_verified_at=None)
        join(room.program, new, "performer")
        client.force_login(new)
        text = text_of(client, "/me")
        assert "Three things before your first booking" in text
        places = [text.index(part) for part in ("/me/consent/", "/me/identity", "/me/availability")]
        assert places == sorted(places)
        assert "Nothing played yet." in text and "Nothing is ticked for you." in text

    def test_a_stranger_without_program_is_shown_the_calls(self, client):
        client.force_login(person("Nia"))
        assert "Find a call" in text_of(client, "/me")

    def test_takes_limits_and_grants_in_one_line_each(self, client, room, take):
        signed(room)
        consent.choose(room.ada, room.program, take.pk, "keep")
        client.force_login(room.ada)
        client.post("/me/limits", {"limit-illness": "line", "limit-death": "veil"})
        text = text_of(client, "/me")
        assert "Never: illness." in text and "Only off-screen: somebody has died." in text
        assert "recognition training, evaluation only. Nothing else." in text
        assert "with Noor, 4:41" in text and ">kept<" in text

    def test_a_word_to_a_human_is_a_case_with_a_day(self, client, room):
        client.force_login(room.ada)
        slug = room.program.slug
        assert client.post("/me/ask", {"program": slug, "says": "Please call."}).status_code == 302
        assert Case.objects.get().kind == "help"
        assert client.post("/me/ask", {"program": slug, "says": ""}).status_code == 400
        client.force_login(person("Nia"))
        assert client.post("/me/ask", {"program": slug, "says": "Hello?"}).status_code == 404
        assert Case.objects.count() == 1


class TestConsent:
    def test_nothing_is_signed_by_looking_and_each_use_stands_alone(self, client, room):
        client.force_login(room.ada)
        path = f"/me/consent/{room.program.slug}"
        text = text_of(client, path)
        assert text.count('data-granted="no"') == 5 and 'data-granted="yes"' not in text
        assert "checked" not in text and not Grant.objects.exists()
        assert text.index("Uses this program asks for") < text.index("Asked apart")
        assert text.index("Asked apart") < text.index('data-purpose="derived_features"')
        assert 'data-purpose="rater_terms"' not in text
        answer = client.post(path, {"purpose": TRAIN, "answer": "grant"})
        assert answer["Location"] == f"{path}#use-{TRAIN}"
        grant = Grant.objects.get()
        text = text_of(client, path)
        assert text.count('data-granted="yes"') == 1 and grant.receipt_sha256 in text

    def test_taking_back_is_one_post_as_signing_was(self, client, room):
        client.force_login(room.ada)
        path = f"/me/consent/{room.program.slug}"
        client.post(path, {"purpose": TRAIN, "answer": "grant"})
        client.post(path, {"purpose": TRAIN, "answer": "withdraw"})
        assert not reads.covers(room.ada, TRAIN, timezone.now(), program=room.program)
        text = text_of(client, path)
        assert "taken back" in text and Withdrawal.objects.get().receipt_sha256 in text

    @pytest.mark.parametrize(
        "said",
        [
            {"purpose": "voice_generation", "answer": "grant"},
            {"purpose": "likeness_replica", "answer": "grant"},
            {"purpose": "nonsense", "answer": "withdraw"},
            {"purpose": TRAIN, "answer": "yes"},
            {},
        ],
    )
    def test_what_cannot_be_signed_changes_nothing(self, client, room, said):
        client.force_login(room.ada)
        page = client.post(f"/me/consent/{room.program.slug}", said)
        assert page.status_code == 400 and b"Nothing was changed" in page.content
        assert not Grant.objects.exists() and not Withdrawal.objects.exists()

    def test_outsiders_have_no_such_page_and_raters_their_own(self, client, room):
        new = person("Nia")
        client.force_login(new)
        path = f"/me/consent/{room.program.slug}"
        assert client.get(path).status_code == 404
        assert client.post(path, {"purpose": TRAIN, "answer": "grant"}).status_code == 404
        join(room.program, new, "rater")
        text = text_of(client, path)
        assert 'data-purpose="rater_terms"' in text and f'data-purpose="{TRAIN}"' not in text
        client.post(path, {"purpose": "rater_terms", "answer": "grant"})
        assert Grant.objects.get().purpose == "rater_terms"

    def test_a_new_text_asks_again(self, client, room):
        client.force_login(room.ada)
        path = f"/me/consent/{room.program.slug}"
        client.post(path, {"purpose": TRAIN, "answer": "grant"})
        consent.publish_terms(room.program, TRAIN, "Training", "Other words.")
        text = text_of(client, path)
        assert "The text changed: read and sign" in text and 'data-granted="yes"' not in text


class TestLimits:
    def test_limits_are_saved_whole_and_read_back(self, client, room):
        client.force_login(room.ada)
        client.post("/me/limits", {"limit-illness": "line", "limit-romance": "veil"})
        assert limits_of(room.ada) == {"illness": "line", "romance": "veil"}
        assert 'value="line" checked' in text_of(client, "/me/limits")
        client.post("/me/limits", {"limit-illness": "none"})
        assert limits_of(room.ada) == {}
        assert client.post("/me/limits", {"limit-illness": "maybe"}).status_code == 400

    def test_nobody_else_sees_them(self, client, room):
        client.force_login(room.ada)
        client.post("/me/limits", {"limit-heights": "line"})
        client.force_login(room.noor)
        assert 'value="line" checked' not in text_of(client, "/me/limits")
        assert "Never: heights" not in text_of(client, "/me")


class TestAccountAndVault:
    def test_the_profile_is_changed_and_wrong_fields_are_named(self, client, room):
        client.force_login(room.ada)
        said = {
            "alias": "Ada L",
            "zone": "Europe/Madrid",
            "languages": "en; es",
            "age_band": "20-29",
            "accent": "Galician",
            "arm": "actor",
        }
        assert client.post("/me/account", said).status_code == 302
        ada = Person.objects.get(pk=room.ada.pk)
        assert (ada.alias, ada.languages, ada.accent) == ("Ada L", ["en", "es"], "Galician")
        for field, value in (
            ("alias", "a@b.org"),
            ("zone", "Mars"),
            ("languages", "English please"),
            ("age_band", "12"),
        ):
            page = client.post("/me/account", said | {field: value})
            assert page.status_code == 400, field
            assert f'id="id_{field}_error"' in page.content.decode()

    def test_age_and_account_go_to_the_vault(self, client, room):
        Person.objects.update(adult_verified_at=None)
        client.force_login(room.ada)
        identity = {"form": "identity", "legal_name": "Ada King", "born": "1990-12-10"}
        assert client.post("/me/identity", identity).status_code == 302
        payout = {"form": "payout", "account": "DE89 3704 0044 0532 0130 00"}
        assert client.post("/me/identity", payout).status_code == 302
        text = text_of(client, "/me/identity")
        assert "··00" in text and "DE89" not in text and "Ada King" not in text
        assert Person.objects.get(pk=room.ada.pk).adult_verified_at is not None

    @pytest.mark.parametrize(
        "said, field",
        [
            ({"form": "identity", "legal_name": "Ada King", "born": "2015-01-01"}, "born"),
            ({"form": "identity", "legal_name": "Ada King", "born": "yesterday"}, "born"),
            ({"form": "identity", "legal_name": "", "born": "1990-01-01"}, "legal_name"),
            ({"form": "payout", "account": "DE88 3704 0044 0532 0130 00"}, "account"),
        ],
    )
    def test_what_the_vault_refuses_is_said_beside_the_field(self, client, room, said, field):
        Person.objects.update(adult_verified_at=None)
        client.force_login(room.ada)
        page = client.post("/me/identity", said)
        assert page.status_code == 400
        assert f'id="id_{field}_error"' in page.content.decode()
        assert Person.objects.get(pk=room.ada.pk).adult_verified_at is None

    def test_own_data_holds_what_is_one_s_own_and_nothing_of_the_partner(self, client, room, take):
        signed(room)
        consent.choose(room.noor, room.program, take.pk, "strike")
        consent.choose(room.ada, room.program, take.pk, "keep")
        client.force_login(room.ada)
        answer = client.get("/me/data.json")
        found = json.loads(answer.content)
        assert found["person"]["email"] == room.ada.email
        assert [row["choice"] for row in found["choices"]] == ["keep"]
        assert len(found["consent"]) == 2 and found["consent"][0]["receipt_sha256"]
        assert found["takes"][0]["take"] == str(take.pk)
        for secret in (room.noor.email, room.noor.pseudonym, "strike"):
            assert secret not in answer.content.decode()

    def test_money_says_where_it_goes_and_the_table_is_csv(self, client, room):
        client.force_login(room.ada)
        assert "Nothing earned yet" in text_of(client, "/me/money")
        answer = client.get("/me/money.csv")
        assert answer["Content-Type"].startswith("text/csv")
        assert answer.content.decode().startswith("at_utc,program,")


class TestExitPage:
    def path(self, room) -> str:
        return f"/room/{room.session.pk}/exit"

    def test_it_says_that_pay_never_depends_on_the_choice(self, client, room, take):
        client.force_login(room.ada)
        text = text_of(client, self.path(room))
        assert "You are paid the same whatever you choose here." in text
        assert "One take with Noor. You decide." in text and "$74.00" in text
        assert "Nothing chosen yet." in text and 'data-choice=""' in text
        assert text.count('name="choice"') == 3

    def test_only_the_two_players_have_it(self, client, room, take):
        for stranger in (room.mo, person("Nia")):
            client.force_login(stranger)
            assert client.get(self.path(room)).status_code == 404
        client.logout()
        assert client.get(self.path(room)).status_code == 302

    @pytest.mark.parametrize("choice", ["keep", "hold", "strike"])
    def test_a_plain_form_post_is_enough(self, client, room, take, choice):
        client.force_login(room.ada)
        answer = client.post(
            f"/me/takes/{take.pk}/choose", {"choice": choice, "next": self.path(room)}
        )
        assert answer["Location"] == f"{self.path(room)}#take-{take.pk}"
        assert reads.choice_of(room.ada, take.pk).choice == choice
        assert f'data-choice="{choice}"' in text_of(client, self.path(room))

    def test_htmx_gets_the_card_alone(self, client, room, take):
        client.force_login(room.ada)
        answer = client.post(
            f"/me/takes/{take.pk}/choose", {"choice": "keep"}, headers={"HX-Request": "true"}
        )
        text = answer.content.decode()
        assert answer.status_code == 200 and text.lstrip().startswith("<article")
        assert "once Noor keeps it too" in text

    def test_on_the_exit_page_the_card_brings_the_new_count(self, client, room, take):
        played(room, index=2)
        client.force_login(room.ada)
        assert '<span id="tally" role="status">2 not chosen yet.</span>' in text_of(
            client, self.path(room)
        )

        def post(act: str, **fields: str) -> str:
            sent = {"next": self.path(room), **fields}
            answer = client.post(f"/me/takes/{take.pk}/{act}", sent, headers={"HX-Request": "true"})
            return answer.content.decode()

        oob = '<span id="tally" role="status" hx-swap-oob="innerHTML">'
        for choice, says in (
            ("keep", "1 kept, 1 not chosen yet."),
            ("strike", "1 struck, 1 not chosen yet."),
            ("hold", "1 held, 1 not chosen yet."),
            ("keep", "1 kept, 1 not chosen yet."),
        ):
            assert f"{oob}{says}</span>" in post("choose", choice=choice)
        assert f"{oob}1 held, 1 not chosen yet.</span>" in post("bystander")
        assert oob in post("bystander", undo="1")
        refused = post("choose", choice="burn")
        assert 'role="alert"' in refused and oob in refused
        for elsewhere in ("/me/takes", f"/room/{uuid4()}/exit", ""):
            assert oob not in post("choose", choice="keep", next=elsewhere)

    def test_nobody_learns_what_the_partner_chose(self, client, room, take):
        client.force_login(room.ada)
        before = text_of(client, self.path(room))
        for choice in ("keep", "strike"):
            consent.choose(room.noor, room.program, take.pk, choice)
            after = text_of(client, self.path(room))
            assert _without_tokens(after) == _without_tokens(before)

    def test_done_closes_one_s_own_place_and_leads_home(self, client, room, take):
        client.force_login(room.ada)
        assert client.post(self.path(room))["Location"] == "/me"
        assert Place.objects.get(session=room.session, person=room.ada).left_at
        assert not Place.objects.get(session=room.session, person=room.noor).left_at
        assert text_of(client, self.path(room))  # still there to change one's mind
        client.force_login(room.noor)
        client.post(self.path(room))
        assert Session.objects.get().state == "ended"

    def test_while_the_lamp_is_on_there_is_no_exit_page(self, client, room):
        room.playing()
        client.force_login(room.ada)
        assert client.get(self.path(room))["Location"] == f"/room/{room.session.pk}"


def _without_tokens(text: str) -> str:
    import re

    return re.sub(r'(nonce|value|content|src|data-media|href)="[^"]*"', "", text)


class TestOneTake:
    def test_others_cannot_touch_it(self, client, room, take):
        stranger = person("Nia")
        join(room.program, stranger, "performer")
        for who in (stranger, room.mo):
            client.force_login(who)
            for act in ("choose", "private", "bystander", "use", "withdraw"):
                said = {"choice": "strike", "start": "1", "end": "2", "purpose": TRAIN}
                assert client.post(f"/me/takes/{take.pk}/{act}", said).status_code == 404
        client.force_login(stranger)
        assert client.get(f"/me/takes/{take.pk}").status_code == 404
        assert not TakeChoice.objects.exists() and not Withdrawal.objects.exists()

    def test_acts_are_posts(self, client, room, take):
        client.force_login(room.ada)
        for act in ("choose", "private", "bystander", "use", "withdraw"):
            assert client.get(f"/me/takes/{take.pk}/{act}").status_code == 405

    @pytest.mark.parametrize(
        "start, end", [("2:00", "1:00"), ("x", "1:00"), ("9:00", "9:10"), ("", ""), ("-1", "3")]
    )
    def test_a_span_outside_the_take_is_said_in_the_card(self, client, room, take, start, end):
        client.force_login(room.ada)
        answer = client.post(
            f"/me/takes/{take.pk}/private",
            {"start": start, "end": end},
            headers={"HX-Request": "true"},
        )
        text = answer.content.decode()
        assert answer.status_code == 400 and text.lstrip().startswith("<article")
        assert 'role="alert"' in text and not TakeChoice.objects.exists()

    def test_a_private_span_is_out_and_can_be_put_back(self, client, room, take):
        client.force_login(room.ada)
        path = f"/me/takes/{take.pk}/private"
        client.post(path, {"start": "2:31", "end": "2:39"})
        client.post(path, {"start": "4:30", "end": "9:59"})
        assert reads.choice_of(room.ada, take.pk).private_spans == [[151.0, 159.0], [270.0, 281.0]]
        text = text_of(client, f"/me/takes/{take.pk}")
        assert "2:31 to 2:39 is out, on both sides." in text
        client.post(path, {"back": "0"})
        assert reads.choice_of(room.ada, take.pk).private_spans == [[270.0, 281.0]]
        client.post(path, {"back": "7"})
        assert len(reads.choice_of(room.ada, take.pk).private_spans) == 1

    def test_someone_else_in_it_holds_the_take_until_a_person_listened(self, client, room, take):
        client.force_login(room.ada)
        client.post(f"/me/takes/{take.pk}/choose", {"choice": "keep"})
        client.post(f"/me/takes/{take.pk}/bystander", {"at": "4:02"})
        case = Case.objects.get()
        assert (case.kind, case.subject) == ("finding", take.pk) and "4:02" in case.says
        assert reads.choice_of(room.ada, take.pk).choice == "hold"
        client.post(f"/me/takes/{take.pk}/choose", {"choice": "keep"})
        assert reads.choice_of(room.ada, take.pk).choice == "hold"
        client.post(f"/me/takes/{take.pk}/bystander", {"undo": "1"})
        assert Case.objects.get().decision == "settled"
        client.post(f"/me/takes/{take.pk}/choose", {"choice": "keep"})
        assert reads.choice_of(room.ada, take.pk).choice == "keep"

    def test_a_use_can_be_switched_off_for_one_take_and_on_again(self, client, room, take):
        signed(room)
        client.force_login(room.ada)
        path, now = f"/me/takes/{take.pk}/use", timezone.now
        client.post(path, {"purpose": TRAIN})
        assert not reads.covers(room.ada, TRAIN, now(), take=take.pk, program=room.program)
        assert reads.covers(room.ada, TEST, now(), take=take.pk, program=room.program)
        assert reads.covers(room.ada, TRAIN, now(), program=room.program)
        client.post(path, {"purpose": TRAIN, "on": "1"})
        assert reads.covers(room.ada, TRAIN, now(), take=take.pk, program=room.program)
        # What was never signed cannot be switched on here.
        client.post(path, {"purpose": "derived_features", "on": "1"})
        assert not Grant.objects.filter(purpose="derived_features").exists()

    def test_withdraw_is_two_clicks_and_keeps_the_money(self, client, room, take):
        signed(room)
        client.force_login(room.ada)
        text = text_of(client, f"/me/takes/{take.pk}")
        assert "Yes, withdraw it" in text and "You keep the money." in text
        client.post(f"/me/takes/{take.pk}/withdraw")
        client.post(f"/me/takes/{take.pk}/withdraw")
        assert Withdrawal.objects.count() == 1
        text = text_of(client, f"/me/takes/{take.pk}")
        assert "It leaves every release, and every lab is told." in text
        client.post(f"/me/takes/{take.pk}/choose", {"choice": "keep"})
        assert reads.choice_of(room.ada, take.pk) is None

    def test_a_strike_is_final_after_48_hours(self, client, room, take):
        late = timezone.now() - dt.timedelta(hours=49)
        consent.choose(room.ada, room.program, take.pk, "strike", at=late)
        client.force_login(room.ada)
        text = text_of(client, f"/me/takes/{take.pk}")
        assert "Struck for good." in text and 'name="choice"' not in text
        answer = client.post(
            f"/me/takes/{take.pk}/choose", {"choice": "keep"}, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 409 and "destroyed for good" in answer.content.decode()

    def test_the_way_back_is_only_ever_ours(self, client, room, take):
        client.force_login(room.ada)
        for away in ("https://evil.example/", "//evil.example"):
            answer = client.post(f"/me/takes/{take.pk}/choose", {"choice": "hold", "next": away})
            assert answer["Location"].startswith(f"/me/takes/{take.pk}")

    def test_my_takes_lists_sessions_and_counts_what_waits(self, client, room, take):
        client.force_login(room.ada)
        assert "1 take waits for you" in text_of(client, "/me/takes")
        consent.choose(room.ada, room.program, take.pk, "keep")
        assert "You have decided about every one." in text_of(client, "/me/takes")
        client.force_login(person("Nia"))
        assert "Nothing played yet." in text_of(client, "/me/takes")

    def test_many_takes_cost_few_questions(self, client, room, django_assert_max_num_queries):
        for index in range(1, 25):
            consent.choose(room.ada, room.program, played(room, index=index).pk, "keep")
        signed(room)
        client.force_login(room.ada)
        with django_assert_max_num_queries(75):
            text = text_of(client, "/me/takes")
        assert text.count('data-choice="keep"') == 20 and "?page=2" in text
        assert text_of(client, "/me/takes?page=2").count('data-choice="keep"') == 4

    def test_both_lanes_play_until_the_partner_takes_theirs_back(self, client, room):
        from yesand.stage.models import Cue

        take = with_sound(room, played(room))
        for role, words in (("a", "Make sure they notice"), ("b", "Let them off the hook")):
            at = take.opened_at + 5
            Cue.objects.create(
                take=take, role=role, action=words, asked_at=at, displayed_at=at, span_end=at + 5
            )
        client.force_login(room.ada)
        text = text_of(client, f"/me/takes/{take.pk}")
        assert text.count("/api/media/") >= 4  # the strip, the download, both lanes
        assert "Make sure they notice" in text and "Let them off the hook" not in text
        timeline = json.loads(text.split('type="application/json">')[1].split("</script>")[0])
        assert [lane["name"] for lane in timeline["lanes"]] == ["Ada", "Noor"]
        assert all(lane["media"] for lane in timeline["lanes"]) and timeline["findings"] == []
        assert client.get(timeline["lanes"][1]["media"]).status_code == 200
        consent.choose(room.noor, room.program, take.pk, "strike")
        text = text_of(client, f"/me/takes/{take.pk}")
        timeline = json.loads(text.split('type="application/json">')[1].split("</script>")[0])
        assert [bool(lane["media"]) for lane in timeline["lanes"]] == [True, False]

    def test_where_it_went_is_told_step_by_step(self, client, room, take):
        from yesand.release.models import Pull, Release, ReleasedTake, Revocation, TrainedModel

        signed(room)
        consent.choose(room.ada, room.program, take.pk, "keep")
        release = Release.objects.create(
            program=room.program,
            name="light",
            version="1.0",
            purpose=TRAIN,
            use="train",
            state="published",
            published_at=timezone.now(),
        )
        ReleasedTake.objects.create(release=release, take=take, split="train", shard="x")
        Pull.objects.create(release=release, engineer=room.mo)
        TrainedModel.objects.create(release=release, name="ear-2", registered_by=room.mo)
        consent.withdraw(room.ada, room.program, take=take.pk)
        Revocation.objects.create(program=room.program, take=take, tombstone={})
        client.force_login(room.ada)
        text = text_of(client, f"/me/takes/{take.pk}")
        steps = [
            "Played with Noor",
            "You kept it",
            "In light 1.0",
            "A lab of",
            "ear-2",
            "You took back: everything",
            "every lab was told",
        ]
        places = [text.index(step) for step in steps]
        assert places == sorted(places)
        assert "1 takes in light 1.0" in text_of(client, "/me")


def test_times_are_in_the_zone_of_whoever_reads_them(client, room, take):
    held = dt.datetime(2026, 11, 23, 22, 30, tzinfo=dt.UTC)
    consent.choose(room.ada, room.program, take.pk, "hold", at=held)
    client.force_login(room.ada)
    for zone, says in (
        ("Europe/Madrid", "23 Nov, 23:30"),
        ("Asia/Tokyo", "24 Nov, 07:30"),
        ("Not/A_Zone", "23 Nov, 22:30"),
    ):
        Person.objects.filter(pk=room.ada.pk).update(zone=zone)
        assert says in text_of(client, f"/me/takes/{take.pk}"), zone
