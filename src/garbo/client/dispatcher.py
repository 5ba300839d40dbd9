"""Take one channel's commands, act on each once, report what became of it. docs/dispatchers.md gives the reasons.

 1  read committed: a command of a transaction that was rolled back is never seen
 2  into the inbox, where the first copy of an action_id stays; then, and not before, its offset is committed
 3  when `at` has come: not after `expires_at`, not after a withdrawal of consent
 4  "acting" is written, then the provider is asked, with the action_id as idempotency key
 5  what became of it is written; the message, with the person's data, is deleted
 6  the outcome is sent, under an id that is a function of the action_id; when it has arrived, that is written

A crash between 4 and 5 leaves an action in doubt: nobody here knows whether the provider took it.
"""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, Literal, TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from garbo.adapters.kafka.reader import partition_count
from garbo.adapters.kafka.retry import is_transient
from garbo.adapters.kafka.writer import TIMEOUT_S
from garbo.client.connection import Connection, connected
from garbo.client.inbox import BATCH, Inbox, Unreadable
from garbo.client.producer import Producer
from garbo.core.policy.vocabulary import DEFAULT, Vocabulary
from garbo.core.vocabulary.defaults import OutcomeStatus
from garbo.core.vocabulary.effects import Deliver
from garbo.errors import BrokerError, ConfigError, MessageError
from garbo.processors.ports import Rejected
from garbo.processors.topics import Topics

log = logging.getLogger("garbo.client.dispatcher")

InDoubt: TypeAlias = Literal["again", "never"]
POLL_S: Final = 0.1
# A dispatcher that does not poll for 5 minutes loses its partitions, so a slow provider gets this between two polls.
TURN_S: Final = 10.0
FORGET_S: Final = 60.0  # ids are kept for days, and finding the old ones reads the whole inbox
DELIVERED, FAILED = OutcomeStatus.DELIVERED.value, OutcomeStatus.FAILED.value


class Dispatcher:
    """`Dispatcher("email", send, inbox=SqliteInbox("email.sqlite")).run()`: one channel's loop.

    Args:
        channel: email, sms, push, ...
        send: performs one command. True: delivered. False: failed. Or another outcome's status, such as "no_answer".
            Pass the `action_id` on as the provider's idempotency key. An error that it raises ends `run` and leaves
            the action in doubt.
        inbox: which commands are known and how far each got. `SqliteInbox` survives a restart.
        bootstrap: the broker's `host:port`. For security, a topic prefix or a schema registry give `connection`.
        connection: where Kafka and the schemas are. With neither: `Connection.from_env()`.
        allowed: asks for consent once more before acting. False: the action is reported as failed.
        in_doubt: what happens at the start to actions that a crash left in doubt. "never": they are left, without an
            outcome (at most once). "again": they are sent again unless they expired (at least once; exactly once with
            a provider that keeps the idempotency key).
        vocabulary: the words of the policy in use: `garbo.policy.loader.load(folder).vocabulary`.
        now: the time in milliseconds since 1970; keep the machine's clock right (NTP), as expiry is judged by it.

    Raises:
        ConfigError: the channel is unknown, or a setting is wrong.
        SchemaError: the schema registry does not answer, or lacks a schema.
    """

    def __init__(
        self,
        channel: str,
        send: Callable[[Deliver], bool | str],
        *,
        inbox: Inbox,
        bootstrap: str = "",
        connection: Connection | None = None,
        allowed: Callable[[Deliver], bool] = lambda command: True,
        in_doubt: InDoubt = "never",
        vocabulary: Vocabulary = DEFAULT,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        known = vocabulary.command_channels
        if channel not in known:
            raise ConfigError(f"channel {channel!r} is unknown; known: {', '.join(known)}.")
        if in_doubt not in ("again", "never"):
            raise ConfigError(f"in_doubt is {in_doubt!r}; write 'again' or 'never'.")
        self._connection = connected(bootstrap, connection)
        self._channel, self._in_doubt, self._vocabulary = channel, in_doubt, vocabulary
        self._send, self._inbox, self._allowed, self._now = send, inbox, allowed, now
        self._codec = self._connection.codec()
        self._topic = Topics(self._connection.prefix).actions(channel)
        self._stopping = False
        self._forgotten = 0.0

    def run(self) -> None:
        """Take, act and report until `stop` is called. Stop it and run it again as often as you like.

        Raises:
            TopicError: the channel's topic does not exist.
            BrokerError: the broker refuses, or an outcome cannot arrive. Nothing is lost: run again.
        """
        partition_count(self._connection.kafka(), self._topic, answer_s=TIMEOUT_S)
        self._inbox.settle_doubts(self._now(), again=self._in_doubt == "again")
        consumer = self._consumer()
        try:
            consumer.subscribe([self._topic])
            with Producer(connection=self._connection, vocabulary=self._vocabulary) as outcomes:
                while not self._stopping:
                    self._take(consumer)
                    self._act()
                    self._report(outcomes)
                    self._forget()
        finally:
            self._stopping = False  # at the end, not at the start: a `stop` just before `run` counts
            consumer.close()

    def stop(self) -> None:
        """End `run` after the action at hand. Safe in a signal handler and from another thread."""
        self._stopping = True

    def _consumer(self) -> Any:
        kafka = self._connection.kafka()
        return Consumer(
            {
                **kafka.base(),
                "group.id": Topics(kafka.prefix).dispatcher(self._channel),
                "isolation.level": "read_committed",  # 1  librdkafka's default, and too important for a default
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )

    def _take(self, consumer: Any) -> None:
        messages: Sequence[Message] = consumer.consume(BATCH, POLL_S)
        good, bad = [], []
        for message in messages:
            if (error := message.error()) is not None:
                self._pass_or_raise(error)
                continue
            raw = message.value() or b""
            try:
                good.append((self._codec.command(raw), raw))
            except Rejected as refused:  # put aside and logged: the commands behind it do not wait for it
                log.error("%s[%s]@%s: %s", self._topic, message.partition(), message.offset(), refused.reason)
                place = message.partition() or 0, message.offset() or 0
                bad.append(Unreadable(self._topic, *place, str(refused.reason)))
        if not (good or bad):
            return
        new = self._inbox.keep(good, bad)  # 2
        log.info("%d commands, %d of them new", len(good), new)
        try:
            consumer.commit(asynchronous=False)
        except KafkaException as problem:  # a rebalance, a broker that restarts: they come again, and are known
            log.warning("offsets not committed: %s", problem)

    def _act(self) -> None:
        end = time.monotonic() + TURN_S
        for action_id, raw in self._inbox.due(self._now()):
            if self._stopping or time.monotonic() > end:
                return
            command = self._codec.command(raw)
            if self._now() > command.expires_at or not self._allowed(command):  # 3
                self._inbox.skip(action_id, self._now())
            elif self._inbox.claim(action_id):  # 4
                done = self._send(command)
                self._inbox.settle(action_id, _status(done, self._vocabulary.statuses), self._now())  # 5

    def _report(self, outcomes: Producer) -> None:
        results = self._inbox.unreported()
        if not results:
            return
        for r in results:
            try:
                outcomes.outcome(
                    r.status, action_id=r.action_id, party=r.party, occurred_at=r.at, channel=self._channel
                )
            except MessageError as problem:  # a party id that no message may name: it must not hold back the others
                log.error("%s cannot be reported: %s", r.action_id, problem)
        outcomes.flush()
        self._inbox.reported(results)  # 6

    def _forget(self) -> None:
        if time.monotonic() - self._forgotten > FORGET_S:
            self._inbox.forget(self._now())
            self._forgotten = time.monotonic()

    def _pass_or_raise(self, error: KafkaError) -> None:
        if is_transient(error) or error.code() in (KafkaError._RESOLVE, KafkaError._MAX_POLL_EXCEEDED):
            log.warning("reading %s: %s", self._topic, error)
        else:
            raise BrokerError(f"Reading {self._topic} failed: {error.str()}.")


def _status(done: object, statuses: Collection[str]) -> str:
    """What `send` returned, as an outcome's status. None may mean either, so it is no answer."""
    if isinstance(done, bool):
        return DELIVERED if done else FAILED
    if isinstance(done, str) and done in statuses:
        return str(done)
    raise ConfigError(f"send returned {done!r}; return True, False, or one of {', '.join(statuses)}.")
