"""Three cards: what is never dealt, what is dealt first, and that a seed always deals the same."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from yesand.casting.rules import DEFAULT_PIECES, pool_for, problems_of_pieces
from yesand.commission.dealing import CardFacts, Table, deal


def card(key, **facts):
    usual = {
        "language": "en",
        "use": "train",
        "tone": "light",
        "slot": "any",
        "shape": "improvised",
        "relationship": f"r{key}",
        "tags": frozenset(),
    }
    return CardFacts(key=str(key), **(usual | facts))


DECK = [card(n, relationship=f"r{n % 4}") for n in range(12)]


def keys(cards):
    return [c.key for c in cards]


def test_three_cards_of_three_relationships():
    dealt = deal(DECK, Table(["en"]), "seed")
    assert len(dealt) == 3
    assert len({c.relationship for c in dealt}) == 3


def test_the_same_seed_deals_the_same_cards_whatever_the_order_of_the_deck():
    assert deal(DECK, Table(["en"]), "x") == deal(DECK[::-1], Table(["en"]), "x")
    many = {tuple(keys(deal(DECK, Table(["en"]), str(n)))) for n in range(20)}
    assert len(many) > 5


some_cards = st.lists(
    st.builds(
        CardFacts,
        key=st.integers(0, 999).map(str),
        language=st.sampled_from(["en", "es"]),
        use=st.sampled_from(["train", "evaluation"]),
        tone=st.sampled_from(["light", "tender", "tense", "heavy"]),
        slot=st.sampled_from(["opener", "middle", "closer", "any"]),
        shape=st.sampled_from(["improvised", "script"]),
        relationship=st.sampled_from(["friends", "family"]),
        tags=st.frozensets(st.sampled_from(["death", "food"])),
        skills=st.frozensets(st.sampled_from([("a", "music"), ("b", "music")])),
    ),
    max_size=30,
    unique_by=lambda c: c.key,
)


@given(some_cards, st.sampled_from(["opener", "middle", "closer", "any"]), st.booleans())
def test_hard_limits_hold_whatever_is_left(cards, slot, heavy):
    table = Table(
        ["en"],
        limits={"death": "line", "food": "veil"},
        slot=slot,
        heavy=heavy,
        skills={("a", "music")},
        exclude={c.key for c in cards[::3]},
    )
    dealt = deal(cards, table, "seed")
    assert len(dealt) <= 3 and len(set(keys(dealt))) == len(dealt)
    for c in dealt:
        assert c.language == "en" and c.use == "train"
        assert "death" not in c.tags and ("b", "music") not in c.skills
        assert heavy or c.tone != "heavy"
        assert c.key not in table.exclude
        if slot in {"opener", "closer"}:
            assert c.tone == "light"


def test_a_veiled_card_is_dealt_only_when_nothing_else_is_left():
    veiled = [card(f"v{n}", tags=frozenset({"food"})) for n in range(9)]
    table = Table(["en"], limits={"food": "veil"})
    for seed in "abcdefgh":
        assert not any("food" in c.tags for c in deal(veiled + DECK, table, seed))
    assert len(deal(veiled, table, "a")) == 3


def test_an_opener_is_dealt_first_cards_of_the_opening():
    openers = [card(f"o{n}", slot="opener") for n in range(3)]
    closers = [card(f"c{n}", slot="closer") for n in range(9)]
    assert set(keys(deal(openers + closers, Table(["en"], slot="opener"), "s"))) == {
        "o0",
        "o1",
        "o2",
    }


def test_open_relationships_pull_harder():
    deck = [card(f"full{n}", relationship="full") for n in range(5)]
    deck += [card(f"open{n}", relationship="open") for n in range(5)]
    first = Counter(
        deal(deck, Table(["en"], need={"open": 1.0, "full": 0.0}), str(n))[0].relationship
        for n in range(300)
    )
    assert 1.8 < first["open"] / first["full"] < 5


def test_shapes_are_dealt_as_they_were_ordered():
    deck = [card(f"s{n}", shape="script", relationship="x") for n in range(10)]
    deck += [card(f"i{n}", relationship="x") for n in range(10)]
    table = Table(["en"], shapes={"improvised": 1.0})
    shapes = Counter(c.shape for n in range(100) for c in deal(deck, table, str(n)))
    assert shapes["improvised"] > 20 * shapes["script"]


def test_an_empty_deck_deals_nothing():
    assert deal([], Table(["en"]), "s") == []


def test_of_twenty_performers_sixteen_are_train_and_pools_come_in_pairs():
    pools = [pool_for(n) for n in range(200)]
    assert Counter(pools) == {"train": 160, "dev": 20, "test": 20}
    assert pools[:8] == ["train"] * 8
    assert pools[8:10] == ["dev", "dev"] and pools[18:20] == ["test", "test"]


def test_the_shipped_audition_is_sound():
    assert problems_of_pieces(list(DEFAULT_PIECES), 15) == []


def test_an_audition_says_the_minutes_it_really_takes():
    (problem,) = problems_of_pieces(list(DEFAULT_PIECES), 3)
    assert problem.code == "audition_minutes"
    short = [{"title": "x", "ask": "y", "seconds": 5}, {"title": "", "ask": "", "seconds": 60}]
    assert [p.code for p in problems_of_pieces(short, 15)] == ["piece_length", "empty_piece"]
    assert problems_of_pieces(short[:1], 15)[0].code == "two_pieces"
