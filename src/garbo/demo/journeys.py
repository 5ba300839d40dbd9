"""The three golden journeys: the messages, and the exact commands that must follow.

From the source documents (fictitious persons). Times are Europe/Rome. `expected` is the whole list of commands, in
order: an additional, missing, early or late command is a failure.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.effects import Deliver
from garbo.core.vocabulary.events import ActionOutcome, ConsentChange, Identifier, ProfileUpdate, Touchpoint, Value
from garbo.processors.ports import InboundMessage

ROME = ZoneInfo("Europe/Rome")


def at(text: str) -> int:
    """ "2024-02-26 21:01" in Rome, as milliseconds since 1970."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ROME).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Expected:
    """One command, due between `after` and `by` ("2024-02-26 21:01", Rome).

    contains, lacks: texts that must and must not be in its message or its riders' messages; riders: the offers it
    carries.
    """

    channel: str
    action: str
    after: str
    by: str
    contains: tuple[str, ...] = ()
    riders: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Journey:
    name: str
    title: str
    messages: tuple[InboundMessage, ...]
    expected: tuple[Expected, ...]
    until: str  # the time advances to this instant after the last message
    lifecycle: str = ""  # the person's life-cycle state at the end


def problems(journey: Journey, commands: list[Deliver]) -> list[str]:
    """The differences between `commands` and the expected ones, in sentences; empty if there are none."""
    found = []
    for index, expected in enumerate(journey.expected):
        if index >= len(commands):
            found.append(f"missing: {expected.channel} {expected.action} by {expected.by}")
            continue
        got = commands[index]
        if (got.channel, got.action) != (expected.channel, expected.action):
            found.append(f"command {index + 1} is {got.channel} {got.action}, not {expected.channel} {expected.action}")
            continue
        if not at(expected.after) <= got.at <= at(expected.by):
            when = datetime.fromtimestamp(got.at / 1000, ROME).strftime("%Y-%m-%d %H:%M:%S")
            found.append(f"{got.action} at {when}, not between {expected.after} and {expected.by}")
        riders = tuple(r.action for r in got.riders)
        if riders != expected.riders:
            found.append(f"{got.action} carries {riders or 'nothing'}, not {expected.riders or 'nothing'}")
        text = " ".join([got.message, *(r.message for r in got.riders)])
        found += [f"{got.action} does not contain {part!r}: {text!r}" for part in expected.contains if part not in text]
        found += [f"{got.action} contains {part!r}: {text!r}" for part in expected.lacks if part in text]
    for got in commands[len(journey.expected) :]:
        when = datetime.fromtimestamp(got.at / 1000, ROME).strftime("%Y-%m-%d %H:%M")
        found.append(f"unexpected: {got.channel} {got.action} at {when}")
    return found


def touch(
    when: str, channel: Channel, kind: str, *who: Identifier, theme: str = "", text: str = "",
    attributes: dict[str, Value] | None = None,
) -> InboundMessage:  # fmt: skip
    body = Touchpoint(channel, kind, identifiers=who, theme=theme, text=text, attributes=attributes or {})
    return InboundMessage(f"{who[0].value}/{when}/{kind}", at(when), body)


def consents(when: str, who: Identifier, granted: dict[str, bool]) -> list[InboundMessage]:
    return [
        InboundMessage(f"{who.value}/{when}/{c}", at(when), ConsentChange(c, yes, (who,), "form"))
        for c, yes in granted.items()
    ]


def outcome(
    when: str, who: Identifier, action: str, status: OutcomeStatus, attributes: dict[str, Value] | None = None
) -> InboundMessage:
    body = ActionOutcome(status, action=action, identifiers=(who,), attributes=attributes or {})
    return InboundMessage(f"{who.value}/{when}/{action}/{status}", at(when), body)


def martina(own_promotion: bool = True) -> Journey:
    cookie, social = Identifier("cookie", "martina-laptop"), Identifier("social", "@martina21")
    email, phone = Identifier("email", "martina@example.org"), Identifier("phone", "+39 333 1234567")
    form = "2024-02-26 21:01"
    messages = [
        touch("2024-02-21 11:35", Channel.THIRD_PARTY, "competitor_visit", cookie, theme="prepaid_card"),
        InboundMessage(
            "martina/profile", at("2024-02-26 21:01"),
            ProfileUpdate((cookie, email, phone, social), {}, "Martina", "en"),
        ),
        *consents(form, cookie, {"personal_data": True, "own_promotion": own_promotion, "profiling": True}),
        touch(form, Channel.WEB, "information_request", cookie, email, phone, social, theme="prepaid_card"),
        touch(
            "2024-02-26 21:23", Channel.SOCIAL, "social_post", social, text="Hi, what does your prepaid card cost?"
        ),
        outcome("2024-02-26 21:29", cookie, "email_information_promise", OutcomeStatus.DELIVERED),
        outcome("2024-02-27 09:41", cookie, "call_information", OutcomeStatus.ACCEPTED),
        touch("2024-02-27 09:42", Channel.CALL_CENTRE, "card_activated", cookie, theme="prepaid_card"),
    ]  # fmt: skip
    riders = ("offer_first_year_free",) if own_promotion else ()
    return Journey(
        "martina",
        "Martina, 21, student: two signals, one answer, a promise kept to the minute",
        tuple(messages),
        (
            Expected("email", "email_information_promise", "2024-02-26 21:01", "2024-02-26 21:28", ("9:30",)),
            Expected(
                "call_centre",
                "call_information",
                "2024-02-27 09:30",
                "2024-02-27 09:30",
                ("first year",) if own_promotion else (),
                riders,
            ),
        ),
        "2024-03-05 12:00",
        "customer",
    )


ANTONIO = Identifier("phone", "+39 347 7654321")
SMS_TO_ANTONIO = Expected("sms", "sms_pension_offer", "2024-04-19 08:00", "2024-04-19 12:00", ("YES",))


def simulation() -> list[InboundMessage]:
    return [
        InboundMessage("antonio/profile", at("2024-04-18 23:05"), ProfileUpdate((ANTONIO,), {}, "Antonio", "en")),
        *consents("2024-04-18 23:05", ANTONIO, {"personal_data": True, "own_promotion": True, "profiling": True}),
        touch("2024-04-18 23:05", Channel.THIRD_PARTY, "simulation_completed", ANTONIO, theme="pension"),
    ]


def antonio() -> Journey:
    phone, cookie = ANTONIO, Identifier("cookie", "antonio-phone")
    messages = [
        *simulation(),
        outcome("2024-04-19 09:01", phone, "sms_pension_offer", OutcomeStatus.DELIVERED),
        touch("2024-04-27 13:37", Channel.WEB, "page_view", cookie, phone, theme="pension"),
        outcome("2024-04-27 14:30", phone, "call_pension_invite", OutcomeStatus.ACCEPTED, {"branch": "Milano Centro"}),
        touch("2024-04-30 09:30", Channel.BRANCH, "branch_visit", phone, theme="pension"),
    ]
    return Journey(
        "antonio",
        "Antonio, 33, doctor: an offer, silence, and a call only when he comes back",
        tuple(messages),
        (
            SMS_TO_ANTONIO,
            Expected("call_centre", "call_pension_invite", "2024-04-27 13:37", "2024-04-27 14:22", ("5 days",)),
            Expected(
                "branch", "brief_branch_pension", "2024-04-27 14:30", "2024-04-27 14:31", ("Antonio", "Milano Centro")
            ),
        ),
        "2024-05-05 12:00",
    )


def rossi(own_promotion: bool = True, profiling: bool = True, gaia_agrees: bool = True) -> Journey:
    """The consents are Giorgio's. gaia_agrees: his wife gives the same three; otherwise she refuses all of them."""
    giorgio, gaia = Identifier("customer_id", "IT-1001"), Identifier("customer_id", "IT-1002")
    phone, social = Identifier("verified_phone", "+39 320 1112223"), Identifier("social", "@giorgio.rossi")
    cookie = Identifier("cookie", "giorgio-tablet")
    both = own_promotion and profiling
    messages = [
        InboundMessage(
            "rossi/giorgio", at("2023-10-11 12:20"),
            ProfileUpdate(
                (giorgio, phone, social), {"branch": "Roma Prati", "age": 35}, "Giorgio", "en", "", "rossi", "spouse",
                "customer",
            ),
        ),
        InboundMessage(
            "rossi/gaia", at("2023-10-11 12:20"),
            ProfileUpdate((gaia,), {"age": 31}, "Gaia", "en", "", "rossi", "spouse", "customer"),
        ),
        *consents(
            "2023-10-11 12:20", giorgio,
            {"personal_data": True, "own_promotion": own_promotion, "profiling": profiling},
        ),
        *consents(
            "2023-10-11 12:20", gaia,
            {"personal_data": gaia_agrees, "own_promotion": gaia_agrees, "profiling": gaia_agrees},
        ),
        touch("2023-10-11 12:21", Channel.BRANCH, "account_opened", giorgio, theme="savings"),
        touch("2024-06-23 21:23", Channel.EBANKING, "balance_check", giorgio, theme="savings"),
        touch("2024-06-23 21:23", Channel.EBANKING, "transfer_failed", giorgio, theme="token"),
        touch("2024-06-23 21:28", Channel.WEB, "page_view", cookie, giorgio, theme="mortgage"),
        touch(
            "2024-06-23 21:38", Channel.SOCIAL, "social_post", social,
            text="Hello, I noticed my token is flat. What do I do, I must make a transfer?",
        ),
        outcome("2024-06-23 21:44", giorgio, "social_token_reply", OutcomeStatus.DELIVERED),
        outcome("2024-06-24 09:05", giorgio, "call_token_follow_up", OutcomeStatus.ACCEPTED),
    ]  # fmt: skip
    # Who refused is not named, and the offer is still Giorgio's to take.
    named = ("Giorgio and Gaia",) if gaia_agrees else ("Giorgio",)
    silent = () if gaia_agrees else ("Gaia",)
    expected = [
        Expected("social", "social_token_reply", "2024-06-23 21:38", "2024-06-23 22:03", ("token",)),
        Expected(
            "call_centre", "call_token_follow_up", "2024-06-24 09:00", "2024-06-24 09:02",
            named if both else (), ("offer_family_mortgage",) if both else (), silent,
        ),
    ]  # fmt: skip
    if both:
        expected.append(
            Expected("branch", "brief_branch_family", "2024-06-24 09:05", "2024-06-24 09:06", named, lacks=silent)
        )
    return Journey(
        "rossi",
        "The Rossi family: help first, and an offer that costs no extra contact",
        tuple(messages),
        tuple(expected),
        "2024-06-30 12:00",
        "customer",
    )


def golden() -> tuple[Journey, ...]:
    return (martina(), antonio(), rossi())
