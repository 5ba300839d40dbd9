"""Rows written by every version of the state, decoded for ever: a customer is not forgotten by an upgrade.

To add a version: keep the old bytes, add the new ones. Fields are appended with defaults, never moved or removed.
"""

import pytest
from msgspec import msgpack
from msgspec.structs import replace

from garbo.core.party.state import (
    Consent,
    Contact,
    Interest,
    Member,
    Need,
    Party,
    Pending,
    Plan,
    Timer,
    Touch,
    decode,
    encode,
)

FULL_1 = bytes.fromhex(
    "dc001ca5322d61626301cf0000018bcfe56800a0a870726f7370656374cf000001897bd98400a7656e7175697279cf0000018aa5"
    "df7600a3416461a26974ab4575726f70652f526f6d659292a5656d61696caf616461406578616d706c652e6f726792a570686f6e"
    "65ad2b33393333333132333435363784a361676521a36a6f62a87365727669636573a472617465cb3ff8000000000000a3766970"
    "c382ad6f776e5f70726f6d6f74696f6e93c3cf000001897bd9840007a970726f66696c696e6793c2cf000001897bd9840108a572"
    "6f7373699193a5302d646566a447616961a673706f7573659199a26e31a87175657374696f6ea5746f6b656ea6736f6369616c0a"
    "141e02c381a46361726492cb3ff8000000000000cf000001897bd98400919401a3776562a9706167655f76696577a46361726491"
    "9902a3736d73a56f66666572a96d61726b6574696e67ad6f776e5f70726f6d6f74696f6ea463617264a3612d31c3c2919aa3612d"
    "31a56f66666572a56361726473a3736d73a46361726402cb3feccccccccccccdcb3fc3333333333333a76361726473403382a361"
    "6765cb4040800000000000ac6a6f623d7365727669636573cb3ff00000000000009197a2743163a764656c69766572a56f666665"
    "72a26e31a3612d31a66f726967696e81b2726566757365647c746f7069633a636172647b919405a772656675736564a3736d73aa"
    "636172647c6f66666572cb4004000000000000cf0000018b944a9e0081ad746f756368706f696e74733a332a9201cf4000000000"
    "000000"
)
FULL_2 = bytes.fromhex(
    "dc0020a5322d61626301cf0000018bcfe56800a0a870726f7370656374cf000001897bd98400a7656e7175697279cf0000018aa5"
    "df7600a3416461a26974ab4575726f70652f526f6d659292a5656d61696caf616461406578616d706c652e6f726792a570686f6e"
    "65ad2b33393333333132333435363784a361676521a36a6f62a87365727669636573a472617465cb3ff8000000000000a3766970"
    "c382ad6f776e5f70726f6d6f74696f6e93c3cf000001897bd9840007a970726f66696c696e6793c2cf000001897bd9840108a572"
    "6f7373699194a5302d646566a447616961a673706f75736592ad6f776e5f70726f6d6f74696f6ead706572736f6e616c5f646174"
    "61919ca26e31a87175657374696f6ea5746f6b656ea6736f6369616c0a141e02c3c3a3612d3291ac7265706c792f736f6369616c"
    "81a46361726492cb3ff8000000000000cf000001897bd98400919401a3776562a9706167655f76696577a463617264919d02a373"
    "6d73a56f66666572a96d61726b6574696e67ad6f776e5f70726f6d6f74696f6ea463617264a3612d31c3c2a56361726473c3c3a5"
    "302d646566919fa3612d31a56f66666572a56361726473a3736d73a46361726402cb3feccccccccccccdcb3fc3333333333333a7"
    "6361726473403382a3616765cb4040800000000000ac6a6f623d7365727669636573cb3ff000000000000091a5656d61696cc3c3"
    "c2c39198a2743163a764656c69766572a56f66666572a26e31a3612d31a66f726967696e99a3736d73cb3feccccccccccccdcb3f"
    "c3333333333333a76361726473403381a3616765cb4040800000000000c3c391a5656d61696cc381b2726566757365647c746f70"
    "69633a636172647b919405a772656675736564a3736d73aa636172647c6f66666572cb4004000000000000cf0000018b944a9e00"
    "81ad746f756368706f696e74733a332a9201cf400000000000000081a36167650782a5737461676505b1646174655f636f6e7472"
    "6163745f656e6409a5656d61696c0b"
)
FULL_3 = bytes.fromhex(
    "dc0021a5322d61626301cf0000018bcfe56800a0a870726f7370656374cf000001897bd98400a7656e7175697279cf0000018a"
    "a5df7600a3416461a26974ab4575726f70652f526f6d659292a5656d61696caf616461406578616d706c652e6f726792a57068"
    "6f6e65ad2b33393333333132333435363784a361676521a36a6f62a87365727669636573a472617465cb3ff8000000000000a3"
    "766970c382ad6f776e5f70726f6d6f74696f6e93c3cf000001897bd9840007a970726f66696c696e6793c2cf000001897bd984"
    "0108a5726f7373699194a5302d646566a447616961a673706f75736592ad6f776e5f70726f6d6f74696f6ead706572736f6e61"
    "6c5f64617461919ca26e31a87175657374696f6ea5746f6b656ea6736f6369616c0a141e02c3c3a3612d3291ac7265706c792f"
    "736f6369616c81a46361726492cb3ff8000000000000cf000001897bd98400919401a3776562a9706167655f76696577a46361"
    "7264919d02a3736d73a56f66666572a96d61726b6574696e67ad6f776e5f70726f6d6f74696f6ea463617264a3612d31c3c2a5"
    "6361726473c3c3a5302d646566919fa3612d31a56f66666572a56361726473a3736d73a46361726402cb3feccccccccccccdcb"
    "3fc3333333333333a76361726473403382a3616765cb4040800000000000ac6a6f623d7365727669636573cb3ff00000000000"
    "0091a5656d61696cc3c3c2c39198a2743163a764656c69766572a56f66666572a26e31a3612d31a66f726967696e99a3736d73"
    "cb3feccccccccccccdcb3fc3333333333333a76361726473403381a3616765cb4040800000000000c3c391a5656d61696cc381"
    "b2726566757365647c746f7069633a636172647b919405a772656675736564a3736d73aa636172647c6f66666572cb40040000"
    "00000000cf0000018b944a9e0081ad746f756368706f696e74733a332a9201cf400000000000000081a36167650782a5737461"
    "676505b1646174655f636f6e74726163745f656e6409a5656d61696c0b81ae706167655f766965772f6361726492cf00000189"
    "7bd98400cf000001897bd98401"
)
NEW_1 = bytes.fromhex("dc001ca1780100a0a46c65616400a000a0a0a0908080a0909080909090908090cb0000000000000000008090")

NEW_2 = bytes.fromhex(
    "dc0020a1780100a0a46c65616400a000a0a0a0908080a0909080909090908090cb00000000000000000080908080a000"
)
NEW_3 = bytes.fromhex(
    "dc0021a1780100a0a46c65616400a000a0a0a0908080a0909080909090908090cb00000000000000000080908080a00080"
)

FULL = Party(
    id="2-abc",
    at=1_700_000_000_000,
    lifecycle="prospect",
    lifecycle_since=1_690_000_000_000,
    stage="enquiry",
    stage_since=1_695_000_000_000,
    name="Ada",
    language="it",
    zone="Europe/Rome",
    identifiers=[("email", "ada@example.org"), ("phone", "+393331234567")],
    attributes={"age": 33, "job": "services", "rate": 1.5, "vip": True},
    consents={
        "own_promotion": Consent(True, 1_690_000_000_000, 7),
        "profiling": Consent(False, 1_690_000_000_001, 8),
    },
    household="rossi",
    members=[Member("0-def", "Gaia", "spouse")],
    needs=[Need("n1", "question", "token", "social", 10, 20, 30, 2, True)],
    interests={"card": Interest(1.5, 1_690_000_000_000)},
    touches=[Touch(1, "web", "page_view", "card")],
    contacts=[Contact(2, "sms", "offer", "marketing", "own_promotion", "card", "a-1", True, False)],
    pending=[
        Pending(
            "a-1", "offer", "cards", "sms", "card", 2, 0.9, 0.15, "cards@3", {"age": 33.0, "job=services": 1.0}
        )
    ],
    timers=[Timer("t1", 99, "deliver", "offer", "n1", "a-1", "origin")],
    suppressions={"refused|topic:card": 123},
    negatives=[(5, "refused", "sms", "card|offer")],
    pressure=2.5,
    pressure_at=1_699_000_000_000,
    applied={"touchpoints:3": 42},
    recent=[1, 2**62],
)  # fmt: skip


BEFORE_COUNTERS = replace(
    FULL,
    members=[Member("0-def", "Gaia", "spouse", ["own_promotion", "personal_data"])],
    needs=[Need("n1", "question", "token", "social", 10, 20, 30, 2, True, True, "a-2", ["reply/social"])],
    contacts=[
        Contact(
            2, "sms", "offer", "marketing", "own_promotion", "card", "a-1", True, False, "cards", True, True, "0-def"
        )
    ],
    pending=[replace(FULL.pending[0], tried=["email"], seen=True, ignored=True, behavioural=True)],
    timers=[
        Timer(
            "t1", 99, "deliver", "offer", "n1", "a-1", "origin",
            Plan("sms", 0.9, 0.15, "cards@3", {"age": 33.0}, True, True, ["email"], True),
        )
    ],
    attributes_at={"age": 7},
    clock={"stage": 5, "date_contract_end": 9},
    answered_on="email",
    decided_at=11,
)  # fmt: skip
TODAY = replace(BEFORE_COUNTERS, counters={"page_view/card": [1_690_000_000_000, 1_690_000_000_001]})


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (FULL_1, FULL),
        (NEW_1, Party("x")),
        (FULL_2, BEFORE_COUNTERS),
        (NEW_2, Party("x")),
        (FULL_3, TODAY),
        (NEW_3, Party("x")),
    ],
    ids=["full 1", "new 1", "full 2", "new 2", "full 3", "new 3"],
)
def test_row_of_every_version_is_decoded(row: bytes, expected: Party) -> None:
    assert expected == decode(row)


@pytest.mark.parametrize(("party", "row"), [(TODAY, FULL_3), (Party("x"), NEW_3)], ids=["full", "new"])
def test_todays_row_is_written_byte_for_byte(party: Party, row: bytes) -> None:
    """A change here needs a new version: add its bytes beside the old ones."""
    assert row == encode(party)


def test_row_of_a_later_version_is_read_by_this_one() -> None:
    """During a rolling upgrade a worker meets rows with fields it does not know: it takes the ones it does."""
    later = [*msgpack.decode(FULL_3), "a field of tomorrow"]
    assert TODAY == decode(msgpack.encode(later))


def test_row_of_before_a_field_was_added_gets_its_default() -> None:
    earlier = msgpack.decode(FULL_3)[:-1]
    assert {} == decode(msgpack.encode(earlier)).counters
