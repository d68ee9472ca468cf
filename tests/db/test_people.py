"""Persons, programs and the wall between them."""

from __future__ import annotations

import pytest

from yesand.infra.models import Fact
from yesand.kit.errors import Refused
from yesand.people import access, actions, reads
from yesand.people.models import Limit, Person

pytestmark = pytest.mark.django_db


def program(name="Light Voices", **policy):
    return actions.open_program("Quiet Harbor Lab", name, **policy)


def test_one_address_is_one_person_whatever_its_case():
    ada = actions.add_person(" Ada@Example.org ", "Ada", zone="Europe/Madrid", languages=["en"])
    again = actions.add_person("ada@example.ORG", "Somebody else")
    assert again.pk == ada.pk and again.alias == "Ada"
    assert not ada.has_usable_password()
    assert Fact.objects.filter(house="people", kind="added", subject=ada.pk).count() == 1


@pytest.mark.parametrize(
    "fields, where",
    [
        ({"email": "ada"}, "email"),
        ({"email": ""}, "email"),
        ({"alias": "x" * 41}, "alias"),
        ({"alias": "ada@example.org"}, "alias"),
        ({"alias": "A\nda"}, "alias"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"languages": ["english!"]}, "languages"),
        ({"age_band": "12-17"}, "age_band"),
    ],
)
def test_what_a_person_cannot_be(fields, where):
    with pytest.raises(Refused) as caught:
        actions.add_person(**{"email": "ada@example.org", **fields})
    assert caught.value.problems[0].where == where
    assert not Person.objects.exists()


def test_a_profile_changes_only_what_is_one_s_own():
    ada = actions.add_person("ada@example.org", "Ada")
    actions.set_profile(ada, alias="Ada L", zone="Europe/Madrid", languages=["en", "es"])
    ada.refresh_from_db()
    assert (ada.alias, ada.zone, ada.languages) == ("Ada L", "Europe/Madrid", ["en", "es"])
    for field in ("pseudonym", "is_staff", "adult_verified_at", "email"):
        with pytest.raises(Refused) as caught:
            actions.set_profile(ada, **{field: "x"})
        assert caught.value.problems[0].where == field


def test_programs_of_the_same_name_have_their_own_address():
    first, second = program(), program()
    assert first.client == second.client
    assert [first.slug, second.slug] == ["light-voices", "light-voices-2"]
    with pytest.raises(Refused) as caught:
        program(slug="light-voices")
    assert caught.value.code == "slug_taken"
    with pytest.raises(Refused) as caught:
        program(hourly=1)
    assert caught.value.problems[0].where == "hourly"


def test_a_role_is_what_lets_a_person_in():
    inside, outside = program("In"), program("Out")
    ada = actions.add_person("ada@example.org")
    assert access.roles(ada, inside) == set()
    actions.join(inside, ada, "performer")
    actions.join(inside, ada, "performer")
    actions.join(inside, ada, "rater")
    assert access.roles(ada, inside) == {"performer", "rater"}
    assert access.is_member(ada, inside) and not access.is_member(ada, outside)
    assert access.is_member(ada, inside, "rater", "producer")
    assert not access.is_member(ada, inside, "producer")
    assert reads.programs_of(ada) == [inside]
    assert reads.members(inside, "rater") == [ada]
    assert Fact.objects.filter(house="people", kind="joined").count() == 2

    actions.leave(inside, ada, "performer")
    assert access.roles(ada, inside) == {"rater"}
    actions.join(inside, ada, "performer")
    assert access.roles(ada, inside) == {"performer", "rater"}

    ada.is_active = False
    assert not access.is_member(ada, inside)


def test_nobody_joins_a_closed_program_or_an_invented_role():
    closed = actions.close_program(program())
    ada = actions.add_person("ada@example.org")
    with pytest.raises(Refused) as caught:
        actions.join(closed, ada, "performer")
    assert caught.value.code == "program_closed"
    with pytest.raises(Refused) as caught:
        actions.join(program(), ada, "boss")
    assert caught.value.code == "bad_role"


def test_limits_are_replaced_whole_and_told_to_nobody():
    ada = actions.add_person("ada@example.org")
    actions.set_limits(ada, {"illness": "line", "family": "veil"})
    actions.set_limits(ada, {"illness": "veil"})
    assert reads.limits_of(ada) == {"illness": "veil"}
    for tags in ({"illness": "maybe"}, {"Not A Tag": "line"}, {"": "line"}):
        with pytest.raises(Refused):
            actions.set_limits(ada, tags)
    assert Limit.objects.count() == 1
    facts = Fact.objects.filter(house="people", kind="limits_set")
    assert facts.count() == 2 and all("illness" not in str(f.body) for f in facts)
