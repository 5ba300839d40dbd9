"""What the golden journeys lead on to, in the same form: a yes, a refusal, a private matter, thanks."""

from garbo.core.vocabulary.defaults import Channel, OutcomeStatus
from garbo.core.vocabulary.events import Identifier, ProfileUpdate
from garbo.demo.journeys import (
    ANTONIO,
    SMS_TO_ANTONIO,
    Expected,
    Journey,
    at,
    consents,
    outcome,
    rossi,
    simulation,
    touch,
)
from garbo.processors.ports import InboundMessage


def antonio_says_yes(
    when: str = "2024-04-19 12:30", called: str = "2024-04-19 12:45", agreed: str = "2024-04-19 12:50"
) -> Journey:
    """Antonio answers YES at `when`: he is called at `called`, in opening hours, agrees to come at `agreed`, and the
    branch knows. Nobody chases him later."""
    messages = [
        *simulation(),
        outcome("2024-04-19 09:01", ANTONIO, "sms_pension_offer", OutcomeStatus.DELIVERED),
        outcome(when, ANTONIO, "sms_pension_offer", OutcomeStatus.ACCEPTED),
        outcome(agreed, ANTONIO, "pension_appointment", OutcomeStatus.ACCEPTED, {"branch": "Milano Centro"}),
    ]
    return Journey(
        "antonio_says_yes",
        "Antonio says YES: somebody calls him while he still remembers why",
        tuple(messages),
        (
            SMS_TO_ANTONIO,
            Expected("call_centre", "pension_appointment", called, called, ("said yes",)),
            Expected("branch", "brief_branch_pension", agreed, agreed, ("Antonio", "Milano Centro")),
        ),
        "2024-04-30 12:00",
        "prospect",
    )


def private_transfer(delivered: bool = True) -> Journey:
    """A transfer fails and nothing is said in public: the answer goes to e-banking. When it cannot be delivered there,
    it is tried by SMS the next morning."""
    carla, phone = Identifier("customer_id", "IT-2001"), Identifier("verified_phone", "+39 320 4445556")
    social = Identifier("social", "@carla.neri")
    status = OutcomeStatus.DELIVERED if delivered else OutcomeStatus.FAILED
    messages = [
        InboundMessage(
            "neri/carla", at("2024-06-20 10:00"),
            ProfileUpdate((carla, phone, social), {"age": 44}, "Carla", "en", lifecycle="customer"),
        ),
        *consents("2024-06-20 10:00", carla, {"personal_data": True}),
        touch("2024-06-23 21:23", Channel.EBANKING, "transfer_failed", carla, theme="token"),
        outcome("2024-06-23 21:55", carla, "private_transfer_help", status),
    ]  # fmt: skip
    expected = [
        Expected("ebanking", "private_transfer_help", "2024-06-23 21:53", "2024-06-23 21:53", ("nothing was charged",))
    ]
    if not delivered:
        messages.append(outcome("2024-06-24 09:01", carla, "private_transfer_help", OutcomeStatus.DELIVERED))
        expected.append(Expected("sms", "private_transfer_help", "2024-06-24 09:00", "2024-06-24 09:00", ("call our",)))
    return Journey(
        "private_transfer",
        "Carla: what failed in private is answered in private",
        tuple(messages),
        tuple(expected),
        "2024-06-25 12:00",
    )


def praise() -> Journey:
    """Thanks ask for nothing: no answer, and above all no apology."""
    email, social = Identifier("email", "dora@example.org"), Identifier("social", "@dora")
    messages = [
        InboundMessage("dora", at("2024-03-04 10:00"), ProfileUpdate((email, social), {}, "Dora", "en")),
        *consents("2024-03-04 10:00", email, {"personal_data": True}),
        touch("2024-03-05 11:00", Channel.SOCIAL, "social_post", social, text="Thank you, the branch was very kind."),
        touch("2024-03-05 11:05", Channel.BRANCH, "praise", email),
    ]
    return Journey("praise", "Dora: praise gets no apology", tuple(messages), (), "2024-03-12 12:00")


def further() -> tuple[Journey, ...]:
    """What the golden journeys lead on to: a yes, a refusal, a private matter, thanks."""
    return (
        antonio_says_yes(),
        antonio_says_yes("2024-04-19 21:40", "2024-04-20 09:00", "2024-04-20 09:10"),
        rossi(gaia_agrees=False),
        private_transfer(),
        private_transfer(delivered=False),
        praise(),
    )
