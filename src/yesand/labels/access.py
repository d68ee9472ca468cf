"""May this person hear this item?"""

from __future__ import annotations

from yesand.labels.actions import hearable
from yesand.labels.models import Assignment, Item
from yesand.people.models import Person


def may_hear(rater: Person, item: Item) -> bool:
    """An item assigned to the rater, of a take both still keep, with nothing private in it."""
    if not Assignment.objects.filter(item=item, rater=rater).exists():
        return False
    return hearable(item)
