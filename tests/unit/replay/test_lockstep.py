"""Waves: a person's messages keep their order although they travel on several topics."""

from garbo.core.vocabulary.events import ConsentChange, Identifier, ProfileUpdate, Touchpoint
from garbo.processors.ports import InboundMessage
from garbo.processors.routing import routed
from garbo.replay.lockstep import waves
from garbo.simulation.town import Town, owner

ANNA, BRUNO = (Identifier("customer_id", "ANNA"),), (Identifier("customer_id", "BRUNO"),)


def test_a_person_s_next_message_on_another_topic_waits_for_the_next_wave() -> None:
    profile = InboundMessage("town1/1/0", 0, ProfileUpdate(ANNA))
    first = InboundMessage("town1/1/1", 1, ConsentChange("own_promotion", True, ANNA))
    second = InboundMessage("town1/1/2", 2, ConsentChange("profiling", True, ANNA))
    call = InboundMessage("town1/1/3", 3, Touchpoint("call_centre", "inbound_call", identifiers=ANNA))  # type: ignore[arg-type]
    other = InboundMessage("town1/2/0", 3, ProfileUpdate(BRUNO))
    assert waves([profile, first, second, call, other], owner) == [[profile, other], [first, second], [call]]
    assert waves([], owner) == []


def test_every_message_of_a_town_is_in_one_wave_and_no_wave_has_a_race() -> None:
    town = Town(1, 80, 1)
    messages = town.until(town.end)
    found = waves(messages, owner)
    assert sorted(m.event_id for wave in found for m in wave) == sorted(m.event_id for m in messages)
    for wave in found:
        places: dict[str, set[tuple[str, bytes]]] = {}
        for message in wave:
            places.setdefault(owner(message), set()).add(routed(message))
        assert all(len(place) == 1 for place in places.values())
