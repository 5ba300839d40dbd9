"""A dispatcher: takes one channel's commands, acts on each once, reports what became of it.

    python examples/dispatcher/dispatcher.py --channel email --inbox email.sqlite --sent letters

Where Kafka is and how to speak to it comes from the environment, as for a worker (`GARBO_BOOTSTRAP`, `GARBO_KAFKA_*`,
`GARBO_TOPIC_PREFIX`, `GARBO_REGISTRY_URL`). `garbo.client.Dispatcher` keeps the six rules of docs/dispatchers.md. This
file adds what is a dispatcher's own: the provider, and the channel's own list of withdrawn consents.
"""

import argparse
import logging
import os
import signal
import sys
import time
from pathlib import Path
from urllib.parse import quote

from garbo.client import Command, Connection, Dispatcher, GarboError, SqliteInbox

log = logging.getLogger("dispatcher")


class Letters:
    """The provider of this example: a folder, a file for each action.

    It does what a good provider does with an idempotency key: asked twice, it acts once and says yes twice. `calls.log`
    is its own record of each request.
    """

    def __init__(self, folder: Path, takes_s: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._takes_s = folder, takes_s

    def send(self, command: Command) -> bool:
        """Write the letter; True: it is written, now or before."""
        with (self._folder / "calls.log").open("a") as calls:
            calls.write(f"{command.action_id}\n")
        time.sleep(self._takes_s)
        draft = self._folder / f".{os.getpid()}.draft"
        draft.write_text(f"To: {command.address}\n\n{command.message}\n", encoding="utf-8")
        try:
            os.link(draft, self._folder / f"{quote(command.action_id, safe='')}.txt")  # all of it, once
        except FileExistsError:
            log.info("%s had been sent already", command.action_id)
        finally:
            draft.unlink()
        return True


class Withdrawn:
    """Consent as the channel's own system knows it, one `party purpose` a line; read again for each command."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def allows(self, command: Command) -> bool:
        """False once the person has withdrawn the consent for this purpose."""
        if self._path is None or not self._path.exists():
            return True
        return f"{command.party} {command.purpose}" not in self._path.read_text(encoding="utf-8").splitlines()


def main() -> int:
    """Run until SIGTERM or SIGINT; 1 when the broker, the registry or a setting stops it first."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--channel", required=True, help="email, sms, push, ...")
    options.add_argument("--inbox", type=Path, required=True, help="SQLite file: on a disk that outlives the process")
    options.add_argument("--sent", type=Path, required=True, help="folder of the letters sent")
    options.add_argument("--withdrawn", type=Path, help="file of `party purpose` lines, read before each letter")
    options.add_argument("--in-doubt", choices=("again", "never"), default="never")
    options.add_argument("--takes", type=float, default=0.0, help="seconds the provider takes for a letter")
    given = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")

    try:
        dispatcher = Dispatcher(
            given.channel,
            Letters(given.sent, given.takes).send,
            inbox=SqliteInbox(given.inbox),
            connection=Connection.from_env(),
            allowed=Withdrawn(given.withdrawn).allows,
            in_doubt=given.in_doubt,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: dispatcher.stop())
        dispatcher.run()
    except GarboError as problem:  # nothing is lost: a supervisor starts this program again
        log.error("%s", problem)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
