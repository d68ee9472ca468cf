"""Commissions on Postgres: drafted, approved once, counted by what was cued, decided by people."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from yesand.commission import actions, reads
from yesand.commission.models import Acceptance, Cell, Commission, Fill, Prompt
from yesand.commission.order import Order
from yesand.commission.schema import as_mapping
from yesand.infra.models import Fact
from yesand.kit.errors import Refused
from yesand.kit.money import Money
from yesand.pay import reads as pay
from yesand.people import actions as people
from yesand.people.models import Person, Program

pytestmark = pytest.mark.django_db

ORDER = Order(
    name="Light Voices",
    hours=4,
    languages={"en": 0.75, "es": 0.25},
    feelings={"joy": 0.5, "fear": 0.5},
    relationships={"family": 0.5, "rivals": 0.5},
)


@pytest.fixture
def program() -> Program:
    return people.open_program("Quiet Harbor Lab", "Light Voices")


@pytest.fixture
def mo(program) -> Person:
    person = people.add_person("mo@example.org", alias="Mo")
    people.join(program, person, "producer")
    return person


@pytest.fixture
def commission(program) -> Commission:
    return actions.draft(program, ORDER)


def codes(refused) -> list[str]:
    return [problem.code for problem in refused.value.problems]


def test_a_draft_has_its_cells_and_a_link_nobody_can_guess(program, commission):
    cells = Cell.objects.filter(commission=commission)
    assert sum(cell.quota for cell in cells) == 64  # 48 takes, 2 of 3 cued, 2 feelings each
    assert reads.order_of(commission) == ORDER
    assert len(commission.share_token) >= 32
    assert reads.by_token(commission.share_token) == commission
    assert reads.by_token("") is None and reads.by_token("guess") is None
    assert Fact.objects.filter(house="commission", kind="drafted").count() == 1


def test_a_draft_may_change_and_an_approved_order_may_not(commission):
    changed = actions.redraft(commission, replace(ORDER, hours=8))
    assert sum(cell.quota for cell in changed.cells.all()) == 128
    actions.approve(changed, "Dr. Ames, Quiet Harbor")
    with pytest.raises(Refused) as refused:
        actions.redraft(changed, ORDER)
    assert codes(refused) == ["already_approved"]
    assert sum(cell.quota for cell in changed.cells.all()) == 128


def test_wrong_orders_and_closed_programs_draft_nothing(program):
    with pytest.raises(Refused) as refused:
        actions.draft(program, replace(ORDER, hours=0, feelings={"joy": 0.4}))
    assert codes(refused) == ["bad_hours", "shares_off"]
    people.close_program(program)
    with pytest.raises(Refused) as refused:
        actions.draft(program, ORDER)
    assert codes(refused) == ["program_closed"]
    assert Commission.objects.count() == 0


def test_approval_books_the_budget_once(program, commission):
    total = reads.forecast_of(commission, {})["total_minor"]
    approved = actions.approve(commission, "Dr. Ames", shown_minor=total)
    assert (approved.state, approved.approved_by) == ("approved", "Dr. Ames")
    assert approved.budget_minor == total
    played = pay.commission_free(program, commission.pk)
    assert played == Money(10 * 2 * 7400 + 3 * 1850), "10 bookings, 3 half hours of stand-by"
    with pytest.raises(Refused) as refused:
        actions.approve(commission, "Somebody else")
    assert codes(refused) == ["already_approved"]
    assert pay.balances(program).promised == Money(total)
    assert pay.residual(program) == 0


def test_nobody_approves_a_cost_they_did_not_see(program, commission):
    shown = reads.forecast_of(commission, {})["total_minor"]
    program.performer_hour_minor = 8000
    program.save()
    with pytest.raises(Refused) as refused:
        actions.approve(commission, "Dr. Ames", shown_minor=shown)
    assert codes(refused) == ["cost_changed"]
    with pytest.raises(Refused) as refused:
        actions.approve(commission, "   ")
    assert codes(refused) == ["no_name"]
    commission.refresh_from_db()
    assert commission.state == "draft"


def test_a_commission_opens_after_approval_only(commission):
    with pytest.raises(Refused) as refused:
        actions.open_commission(commission)
    assert codes(refused) == ["not_approved"]
    actions.approve(commission, "Dr. Ames")
    assert actions.open_commission(commission).state == "open"
    assert actions.open_commission(commission).state == "open"
    assert Fact.objects.filter(house="commission", kind="opened").count() == 1
    assert reads.running(commission.program) == commission
    actions.close_commission(commission)
    assert reads.running(commission.program) is None


def cell(commission) -> tuple[str, str, str]:
    first = commission.cells.order_by("id").first()
    return first.feeling, first.relationship, first.language


def test_a_take_counts_once_in_each_cell_it_was_cued_for(commission):
    take = uuid.uuid4()
    wanted = cell(commission)
    for _ in range(3):
        actions.record_fill(take, commission, [wanted, ("disgust", "service", "fr")], "recorded")
    assert Fill.objects.count() == 1
    total = reads.coverage(commission).total
    assert (total.asked, total.recorded, total.accepted, total.released) == (64, 1, 0, 0)
    assert reads.takes_in(commission, wanted[0], wanted[1]) == [take]


def test_states_of_a_fill_hold_the_ones_before(commission, mo):
    take = uuid.uuid4()
    actions.record_fill(take, commission, [cell(commission)], "recorded")
    actions.accept(take, commission)
    assert reads.accepted(take)
    actions.record_fill(take, commission, [cell(commission)], "recorded")
    assert reads.coverage(commission).total.accepted == 1, "a repeat never takes it back"
    actions.record_fill(take, commission, (), "released")
    total = reads.coverage(commission).total
    assert (total.recorded, total.accepted, total.released) == (1, 1, 1)
    with pytest.raises(Refused) as refused:
        actions.reject(take, commission, mo, "A second voice in the room.")
    assert codes(refused) == ["take_released"]
    actions.record_fill(take, commission, (), "accepted")
    assert reads.coverage(commission).total.released == 0


def test_a_rejected_take_fills_nothing_and_needs_a_reason(commission, mo):
    take = uuid.uuid4()
    actions.record_fill(take, commission, [cell(commission)], "recorded")
    with pytest.raises(Refused) as refused:
        actions.reject(take, commission, mo, "  ")
    assert codes(refused) == ["no_reason"]
    actions.reject(take, commission, mo, "A second voice in the room from 1:10.")
    assert not reads.accepted(take)
    assert reads.coverage(commission).total.recorded == 0
    actions.accept(take, commission, mo, "Heard again: it was the radio in the scene.")
    assert reads.accepted(take)
    assert reads.coverage(commission).total.recorded == 1
    assert Acceptance.objects.filter(take=take).count() == 2, "every decision stays on record"


def test_a_verdict_never_overrules_a_person(commission, mo):
    take = uuid.uuid4()
    actions.reject(take, commission, mo, "Off prompt, on purpose.")
    actions.accept(take, commission)
    assert not reads.accepted(take)
    late = actions.record_fill(take, commission, [cell(commission)], "recorded")
    assert [fill.state for fill in late] == ["rejected"]


def test_deciding_the_same_twice_writes_one_row(commission):
    take = uuid.uuid4()
    first = actions.accept(take, commission)
    assert actions.accept(take, commission) == first
    assert Fact.objects.filter(house="commission", kind="accepted").count() == 1
    assert reads.undecided([take, uuid.UUID(int=1)]) == {uuid.UUID(int=1)}


def test_unknown_states_are_a_bug(commission):
    with pytest.raises(ValueError):
        actions.record_fill(uuid.uuid4(), commission, [], "perceived")


def test_the_grid_names_the_weakest_pairs_first(commission):
    pairs = reads.coverage(commission).pairs()
    (feeling, relationship), full = max(pairs.items(), key=lambda item: item[1].asked)
    for row in commission.cells.filter(feeling=feeling, relationship=relationship):
        for _ in range(row.quota):
            key = (row.feeling, row.relationship, row.language)
            actions.record_fill(uuid.uuid4(), commission, [key], "recorded")
    after = reads.coverage(commission)
    assert after.pairs()[feeling, relationship].open == 0
    assert (feeling, relationship) not in {(c.feeling, c.relationship) for c in after.weakest()}
    assert after.weakest()[0].recorded == 0
    assert after.feelings == ["joy", "fear"]
    assert full.asked > 0
    assert 0 < reads.need(commission)[relationship] < 1


# --- the deck --------------------------------------------------------------------------------


def test_the_shipped_deck_loads_and_loading_again_changes_nothing(db):
    count = len(list(actions.DECK.glob("*.yaml")))
    first = actions.load_deck()
    assert len(first) == count
    assert actions.load_deck() == first
    assert Prompt.objects.count() == count
    assert Fact.objects.filter(house="commission", kind="card_laid").count() == count
    assert len(reads.deck("en", "train")) >= 40 and len(reads.deck("en", "evaluation")) >= 10
    assert reads.deck("eo") == []


CARD = (actions.DECK / "row-14.yaml").read_text("utf-8")


def test_a_changed_card_needs_a_higher_version(tmp_path):
    file = tmp_path / "row-14.yaml"
    file.write_text(CARD)
    actions.load_deck(tmp_path)
    file.write_text(CARD.replace("night ferry", "slow ferry"))
    with pytest.raises(Refused) as refused:
        actions.load_deck(tmp_path)
    assert codes(refused) == ["card_changed"]
    assert str(refused.value).startswith("row-14.yaml: ")
    file.write_text(CARD.replace("night ferry", "slow ferry").replace("version: 1", "version: 2"))
    (second,) = actions.load_deck(tmp_path)
    assert reads.deck() == [second]
    assert Prompt.objects.get(version=1).status == "retired"


def test_one_bad_card_keeps_the_whole_folder_out(tmp_path):
    (tmp_path / "good.yaml").write_text(CARD)
    (tmp_path / "bad.yaml").write_text(CARD.replace("Take up all of their room", "Get angry"))
    (tmp_path / "twice.yaml").write_text(CARD)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refused) as refused:
        actions.load_deck(tmp_path)
    assert {"feeling_word", "card_twice", "not_text"} <= set(codes(refused))
    assert any(p.where.startswith("bad.yaml:") for p in refused.value.problems)
    assert Prompt.objects.count() == 0
    with pytest.raises(Refused) as refused:
        actions.load_deck(tmp_path / "nowhere")
    assert codes(refused) == ["no_cards"]


def test_three_cards_are_dealt_under_both_players_limits(commission):
    actions.load_deck()
    dealt = reads.deal(commission, ["en"], {"death": "line"}, "middle", [], "s:0")
    assert len(dealt) == 3
    assert dealt == reads.deal(commission, ["en"], {"death": "line"}, "middle", [], "s:0")
    again = reads.deal(
        commission, ["en"], {"death": "line"}, "middle", [card.pk for card in dealt], "s:0"
    )
    assert not {card.pk for card in dealt} & {card.pk for card in again}
    assert reads.deal(commission, ["eo"], {}, "any", [], "s") == []
    every = {
        card.slug
        for n in range(60)
        for card in reads.deal(commission, ["en"], {"death": "line"}, "middle", [], str(n))
    }
    assert "the-recipe" not in every and "the-tuner" not in every, "death is a line"
    assert len(every) > 10


def test_evaluation_has_a_deck_of_its_own(program, commission):
    actions.load_deck()
    testing = actions.draft(program, replace(ORDER, use="evaluation"))
    skills = {(role, skill) for role in "ab" for skill in reads.skills_asked()}
    dealt: dict[str, set[str]] = {"train": set(), "evaluation": set()}
    for order in (commission, testing):
        for slot in ("opener", "middle", "closer"):
            for n in range(8):
                cards = reads.deal(order, ["en"], {}, slot, [], f"{slot}{n}", skills=skills)
                assert len(cards) == 3 and {card.use for card in cards} == {order.use}
                dealt[order.use] |= {card.slug for card in cards}
    assert not dealt["train"] & dealt["evaluation"]
    assert len(dealt["evaluation"]) >= 6 and len(dealt["train"]) >= 6
    played: list[uuid.UUID] = []
    for slot in ("opener", "middle", "middle", "middle", "closer"):
        cards = reads.deal(testing, ["en"], {}, slot, played, "a booking")
        assert len(cards) == 3, "the deck lasts for a whole booking"
        played.append(cards[0].pk)


def test_an_experts_half_is_dealt_to_an_expert_alone(commission):
    actions.load_deck()
    english = ["a second language", "cooking", "law", "medicine", "music", "science"]
    assert reads.skills_asked(["en"]) == english
    assert reads.skills_asked(["es"]) == ["música"]
    assert set(reads.skills_asked()) == {*english, "música"}

    Prompt.objects.exclude(slug__in=["the-tuner", "the-interpreter"]).update(status="retired")

    def dealt(skills):
        return {
            c.slug for c in reads.deal(commission, ["en"], {}, "middle", [], "s", skills=skills)
        }

    assert dealt([]) == set()
    assert dealt([("b", "music")]) == set(), "it is the half of role a that needs it"
    assert dealt([("a", "music"), ("b", "a second language")]) == {"the-tuner"}
    assert dealt([("a", "music"), ("a", "a second language")]) == {"the-tuner", "the-interpreter"}


def test_an_order_comes_back_from_its_row_as_it_was(commission):
    commission.refresh_from_db()
    assert commission.order == as_mapping(ORDER)
