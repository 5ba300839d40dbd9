"""Where the changelog ends, asked of a broker that has just restarted."""

from typing import Any, ClassVar

import pytest
from confluent_kafka import KafkaError, KafkaException

from garbo.adapters.kafka import retry
from garbo.adapters.kafka.settings import KafkaSettings
from garbo.adapters.state import MemoryStores
from garbo.runtime import restore
from garbo.runtime.restore import Restorer
from garbo.runtime.state_table import StateTable


class Answer:
    def __init__(self, offset: int, error: KafkaError | None = None) -> None:
        self.offset, self._error = offset, error

    def result(self, timeout: float) -> "Answer":
        if self._error is not None:
            raise KafkaException(self._error)
        return self


class StaleAdmin:
    """The first client knows an old epoch and never learns; the next one asks the broker."""

    made: ClassVar[int] = 0

    def __init__(self, config: dict[str, Any]) -> None:
        StaleAdmin.made += 1
        self._stale = StaleAdmin.made == 1

    def list_offsets(self, asked: dict[Any, Any], **_: Any) -> dict[Any, Answer]:
        error = KafkaError(KafkaError.FENCED_LEADER_EPOCH) if self._stale else None
        return {place: Answer(0, error) for place in asked}


def test_a_client_that_learnt_an_old_leader_epoch_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen after kill -9 of a broker: 60 s of FENCED_LEADER_EPOCH, then the worker left."""
    StaleAdmin.made = 0
    monkeypatch.setattr(restore, "AdminClient", StaleAdmin)
    monkeypatch.setattr(retry, "PAUSE_S", 0.0)
    asked = iter([True] * 20 + [False] * 1000)  # not for 60 s
    restorer = Restorer(KafkaSettings("127.0.0.1:1"), "changelog", StateTable(MemoryStores()), 3600.0)
    assert restorer.restore([0, 1], lambda: next(asked)) == 0
    assert StaleAdmin.made == 2


class Silent(Answer):
    def result(self, timeout: float) -> Answer:
        raise TimeoutError


class SilentAdmin(StaleAdmin):
    """The first question is never answered."""

    def list_offsets(self, asked: dict[Any, Any], **_: Any) -> dict[Any, Answer]:
        return {place: Silent(0) if self._stale else Answer(0) for place in asked}


class EmptyAdmin(StaleAdmin):
    """The first answer names no offset."""

    def list_offsets(self, asked: dict[Any, Any], **_: Any) -> dict[Any, Answer]:
        return {place: Answer(-1 if self._stale else 0) for place in asked}


def test_an_answer_without_an_offset_is_no_end_of_the_changelog(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would empty the local store and open the gate on nothing."""
    StaleAdmin.made = 0
    monkeypatch.setattr(restore, "AdminClient", EmptyAdmin)
    monkeypatch.setattr(retry, "PAUSE_S", 0.0)
    restorer = Restorer(KafkaSettings("127.0.0.1:1"), "changelog", StateTable(MemoryStores()), 3600.0)
    assert restorer.restore([0], lambda: True) == 0
    assert StaleAdmin.made == 2


def test_a_question_without_an_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It left as 'a service of Faust crashed: TimeoutError()'."""
    StaleAdmin.made = 0
    monkeypatch.setattr(restore, "AdminClient", SilentAdmin)
    monkeypatch.setattr(retry, "PAUSE_S", 0.0)
    restorer = Restorer(KafkaSettings("127.0.0.1:1"), "changelog", StateTable(MemoryStores()), 3600.0)
    assert restorer.restore([0], lambda: True) == 0
    assert StaleAdmin.made == 2
