"""What would be sent for a dead letter, and whether a processor would accept it now.

Rules
 1. A message that is not mended is sent byte for byte, under its own key. Two exceptions: a missing key is made from
    the message, and an event of party-events loses its source place. decide would take it for one that it has applied,
    if it has applied a later one from there.
 2. A mended message is written with today's schema. On an inbound topic it gets the key that a producer would give it.
 3. The event id stays, unless it is what is mended, so that an event that was applied after all is not applied twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from garbo.adapters.avro.codec import AvroCodec
from garbo.errors import MessageError
from garbo.processors.ports import ConsumerRecord, Rejected
from garbo.processors.routing import routed
from garbo.processors.topics import INBOUND, PARTY_EVENTS
from garbo.readmodel.dead_letters import Letter
from garbo.readmodel.letter_content import content_of
from garbo.redrive.mending import Setting, mended, message_of
from garbo.redrive.trial import Trial


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent for `letter`.

    message: a producer's message as JSON values; None: another one. changed: the fields that were mended. refusal: why
    it would be put aside again; empty if it would not. impossible: why it cannot be sent at all, even so; the other
    fields then have no meaning.
    """

    letter: Letter
    key: bytes | None = None
    value: bytes | None = None
    message: Mapping[str, Any] | None = None
    changed: tuple[str, ...] = ()
    refusal: str = ""
    impossible: str = ""


class Drafter:
    """Makes drafts, each tried by the processor that put its message aside."""

    def __init__(self, codec: AvroCodec, trial: Trial) -> None:
        self._codec, self._trial = codec, trial

    def draft(
        self,
        letter: Letter,
        value: bytes | None,
        settings: Sequence[Setting] = (),
        edited: Mapping[str, Any] | None = None,
    ) -> Draft:
        """The draft for `letter`.

        Args:
            value: the whole value of its message.
            settings: fields to set in its message.
            edited: the message to send instead.
        """
        try:
            made = self._made(letter, value, settings, edited)
        except MessageError as problem:
            return Draft(letter, impossible=str(problem))
        kept = letter.letter
        record = ConsumerRecord(kept.topic, kept.partition, kept.offset, made.key, made.value, kept.appended_at)
        return _with_refusal(made, self._trial.refusal(kept.processor, record))

    def _made(
        self, letter: Letter, value: bytes | None, settings: Sequence[Setting], edited: Mapping[str, Any] | None
    ) -> Draft:
        kept, topic = letter.letter, letter.place.topic
        if value is None and kept.size:
            raise MessageError(
                f"the dead letter holds only a part of its {kept.size} bytes, and its topic no longer has it."
            )
        content = content_of(kept, value, self._codec, topic)
        before = None if content.message is None else _plain(content.message)
        after = before if edited is None else _plain(edited)
        if settings:
            if after is None:
                raise MessageError(
                    "its fields cannot be set, as no message can be read from it; write the whole message with --from."
                )
            after = mended(after, settings)
        if after != before:
            return self._mended(letter, before, after)
        if topic in INBOUND and not kept.key and content.message is not None and not content.problem:
            _, key = routed(self._codec.inbound(value or b""))
            return Draft(letter, key, value, before, ("key",))
        if topic == PARTY_EVENTS and value is not None:
            return Draft(letter, kept.key, self._without_source(kept.key, value), before)
        return Draft(letter, kept.key, value, before)

    def _mended(self, letter: Letter, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Draft:
        message = message_of(after)
        try:
            value = self._codec.encode_inbound(message)
        except (TypeError, ValueError, OverflowError) as problem:
            raise MessageError(
                f"its schema cannot hold the message ({type(problem).__name__}); check its values."
            ) from None
        if not message.body.identifiers and not letter.letter.key:
            raise MessageError("it names nobody; set an identifier, for example identifiers.customer_id=4711.")
        key = letter.letter.key
        if letter.place.topic in INBOUND and message.body.identifiers:
            key = routed(message)[1]
        return Draft(letter, key, value, after, _changed(before or {}, after or {}))

    def _without_source(self, key: bytes | None, value: bytes) -> bytes:
        """Rule 1, for an event that resolve forwarded; any other value as it is."""
        try:
            event = self._codec.party_event(ConsumerRecord(PARTY_EVENTS, 0, 0, key, value, 0))
        except Rejected:
            return value
        return value if event.source is None else self._codec.encode_event(replace(event, source=None))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values as JSON gives them, to be compared."""
    found: dict[str, Any] = json.loads(json.dumps(values))
    return found


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the fields that differ, those of the body without the word body."""
    old, new = before.get("body", {}), after.get("body", {})
    found = [name for name in ("event_id", "at") if before.get(name) != after.get(name)]
    return (*found, *sorted(name for name in {*old, *new} if old.get(name) != new.get(name)))


def _with_refusal(draft: Draft, refusal: str) -> Draft:
    return Draft(draft.letter, draft.key, draft.value, draft.message, draft.changed, refusal)
