"""A link between an identifier and a party: resolve's message to itself."""

from typing import Final

from garbo.adapters.avro.messages.fields import Datum, party_id
from garbo.adapters.avro.messages.message_type import MessageType, by_fastavro
from garbo.core.vocabulary.events import Identifier
from garbo.processors.ports import Link
from garbo.processors.topics import IDENTITY_LINKS


def read(datum: Datum) -> Link:
    party = party_id(datum, "party")
    identifier, via = datum["identifier"], datum["via"]
    return Link(
        Identifier(identifier["kind"], identifier["value"]),
        party,
        Identifier(via["kind"], via["value"]),
        datum["name"],
        datum["role"],
    )


def _datum(link: Link) -> Datum:
    return {**link._asdict(), "identifier": link.identifier._asdict(), "via": link.via._asdict()}


MESSAGE: Final = MessageType(
    name="garbo.IdentityLink",
    value=Link,
    topics=(IDENTITY_LINKS,),
    key="the identifier",
    written_by="resolve",
    read_by="resolve",
    read=read,
    writer=by_fastavro(_datum),
)
