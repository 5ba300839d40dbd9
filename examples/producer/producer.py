"""A producer: each line of a CSV file of web visits becomes a touchpoint.

    GARBO_BOOTSTRAP=127.0.0.1:9092 python examples/producer/producer.py examples/producer/visits.csv

The visit's own id is the event id, so a copy that follows soon changes nothing: Garbo recognises an id among the
party's latest 16 events. A line that cannot be sent is named with its reason; the others are sent.
"""

import csv
import sys
from datetime import datetime
from pathlib import Path

from garbo.client import Connection, MessageError, Producer


def main(path: Path) -> int:
    """Send the file; 1 when a line could not be sent."""
    wrong = 0
    with Producer(connection=Connection.from_env()) as garbo, path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                garbo.touchpoint(
                    channel="web",
                    kind=row["page"],
                    theme=row["theme"],
                    customer_id=row["customer"] or None,
                    email=row["email"] or None,
                    event_id=row["visit"],
                    occurred_at=datetime.fromisoformat(row["when"]),
                    source_system="web-visits",
                )
            except MessageError as problem:
                wrong += 1
                print(f"{path}:{number}: {problem}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
