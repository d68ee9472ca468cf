"""What was stored before there were keys: counted, and sealed again under the keys it should have.

An object keeps its name and its content; only how it lies changes. Cut off anywhere, what was
written is whole, plain or sealed, and the next run goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from yesand.formats import sealed
from yesand.infra import objects
from yesand.kit.errors import Refused
from yesand.recording import erasing, keys
from yesand.recording.models import Recording, Stream

#: Where recordings and what is made of them lie.
PLACES = ("takes/", "auditions/")
#: Plain on purpose: no voice and no face; what it says is in a row too, and stays when bytes go.
OPEN = "manifest.json"


@dataclass(frozen=True)
class Keys:
    """How the keys of a deployment stand.

    keys: data keys there are. gone: destroyed ones. old: wrapped by an older key-encryption key.
    broken: that do not open. missing: of live recordings and not in the store. plain: sealed
    streams whose object lies plain. unfinished: erasures that were cut off. says: one sentence
    where the store is not whole, "" otherwise.
    """

    keys: int = 0
    gone: int = 0
    old: int = 0
    broken: int = 0
    missing: int = 0
    plain: int = 0
    unfinished: int = 0
    says: str = ""


def look() -> Keys:
    """Open every key once and compare with the rows."""
    store = objects.key_store()
    plain = plain_streams().count()
    keyed = Recording.objects.exclude(key_id="").filter(erased_at=None)
    if not store.there() and not keyed.exists():
        return Keys(plain=plain)
    try:
        seen = store.look()
    except Refused as refused:
        return Keys(plain=plain, missing=keyed.count(), says=str(refused))
    here, gone = {*store.ids()}, {*store.gone()}
    rows = {*keyed.values_list("pk", flat=True)}
    return Keys(
        keys=seen.keys,
        gone=seen.gone,
        old=seen.old,
        broken=len(seen.broken),
        missing=len(rows - here - gone),
        plain=plain,
        unfinished=len(erasing.unfinished()),
    )


def plain_streams() -> QuerySet[Stream]:
    """Streams of live recordings whose object needs no key, as their rows say."""
    return Stream.objects.exclude(object_key="").filter(under="", recording__erased_at=None)


def plain_names() -> Iterator[str]:
    """Every object of recordings that lies plain and should not; looks at each one."""
    store = objects.default()
    for place in PLACES:
        for name in store.names(place):
            if not name.endswith(f"/{OPEN}") and store.under(name) == ():
                yield name


def _keys_of(name: str) -> tuple[UUID, ...] | None:
    """Which keys an object should need; () where no row knows it, None where it was erased."""
    stream = Stream.objects.select_related("recording").filter(object_key=name).first()
    if stream is not None:
        return None if stream.recording.erased_at is not None else keys.under(stream.recording)
    about = Recording.objects.filter(about=UUID(name.split("/")[1]))
    # What was made of both players opens with neither's key alone: one erased is erased.
    if about.exclude(erased_at=None).exists():
        return None
    return keys.under_all(UUID(name.split("/")[1]))


def reseal(name: str) -> bool:
    """Seal one plain object; False where that was not possible or its recording is erased.

    What belongs to an erased recording and still lies here is removed. What no row knows is left
    as it is: `plain_names` goes on naming it.
    """
    store = objects.default()
    under = store.under(name)
    if under == ():
        wanted = _keys_of(name)
        if wanted is None:
            store.delete(name)
            return False
        if wanted:
            try:
                store.put(name, store.pieces(name), wanted)
            except objects.Missing:  # erased meanwhile: the key first, the bytes next
                return False
        under = store.under(name)
    if under:
        Stream.objects.filter(object_key=name).update(under=sealed.ids(under))
    return bool(under)
