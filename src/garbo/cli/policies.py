"""The policies that are at hand by version, for commands that read old decisions."""

from contextlib import suppress
from functools import cached_property

from garbo.adapters.kafka.reader import read_all
from garbo.bootstrap import wiring
from garbo.bootstrap.settings import Settings
from garbo.core.policy.policy import Policy
from garbo.errors import PolicyError, TopicError
from garbo.policy.loader import bundle, from_bundle, texts_of, version_of


class Policies:
    """Every published policy, and the one of the policy folder. Each is built when it is first asked for.

    A faulty one counts as missing: the caller then says less.

    Raises:
        BrokerError: the broker does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._bundles: dict[str, bytes] = {}  # the one in force last
        self._built: dict[str, Policy | None] = {}
        with suppress(PolicyError):
            self._add(bundle(settings.policy_dir))
        with suppress(TopicError):
            for message in read_all(settings.kafka, [wiring.topics(settings).policies]):
                with suppress(PolicyError):
                    self._add(message.value or b"")

    def get(self, version: str) -> Policy | None:
        """The policy with this version; None when it is not at hand."""
        if version not in self._built:
            self._built[version] = None
            with suppress(PolicyError):
                raw = self._bundles.get(version)
                self._built[version] = None if raw is None else from_bundle(raw)
        return self._built[version]

    @cached_property
    def current(self) -> Policy | None:
        """The one published last, else the folder's; None when neither can be used."""
        return next((p for p in map(self.get, reversed(self._bundles)) if p is not None), None)

    def _add(self, raw: bytes) -> None:
        version = version_of(texts_of(raw))
        self._bundles.pop(version, None)
        self._bundles[version] = raw
