"""vocabulary.yaml: a policy's own words reach the core, and what does not fit together is found."""

import pytest

from garbo.core.policy.vocabulary import DEFAULT, ChannelWord, LifecycleState, Meaning, Purpose
from garbo.policy import load_text
from garbo.policy.loader import version_of
from tests.unit.policy.bank import report_of, sample

FILE = "vocabulary.yaml"
OWN = """
statuses: {purchased: positive, muted: suppressing}
purposes:
  loyalty: {consents: [own_promotion]}
  receipt: {promotes: false}
"""


def test_a_policy_without_the_file_has_the_default_words() -> None:
    assert load_text(sample()).vocabulary is DEFAULT


def test_an_empty_file_changes_nothing_but_the_version() -> None:
    texts = {**sample(), FILE: ""}
    assert load_text(texts).vocabulary is DEFAULT
    assert version_of(texts) != version_of(sample())


def test_statuses_and_purposes_stand_beside_the_default_ones() -> None:
    words = load_text({**sample(), FILE: OWN}).vocabulary
    assert {**DEFAULT.statuses, "purchased": Meaning.POSITIVE, "muted": Meaning.SUPPRESSING} == words.statuses
    assert {
        "loyalty": Purpose("loyalty", ("personal_data", "own_promotion")),
        "receipt": Purpose("receipt", ("personal_data",), promotes=False),
    } == words.purposes
    assert (DEFAULT.channels, DEFAULT.identifiers, DEFAULT.lifecycle) == (
        words.channels, words.identifiers, words.lifecycle,
    )  # fmt: skip


def test_channels_and_identifiers_and_the_life_cycle_replace_the_default_ones() -> None:
    kinds = "".join(f"  {kind}: {strength}\n" for kind, strength in DEFAULT.identifiers.items())
    channels = "".join(f"  {name}: {{addresses: {list(c.addresses)}}}\n" for name, c in DEFAULT.channels.items())
    states = "  lead: {next: [prospect]}\n  prospect: {next: [customer]}\n  customer: {next: [former, patron]}\n"
    states += "  patron: {next: [former]}\n  former: {next: [prospect], former: true}\n"
    text = f"identifiers:\n{kinds}  loyalty_card: 0\n"
    text += (
        f"channels:\n{channels}  whatsapp: {{addresses: [phone]}}\n  till: {{commands: false}}\nlifecycle:\n{states}"
    )
    words = load_text({**sample(), FILE: text}).vocabulary
    assert 0 == words.identifiers["loyalty_card"]
    assert ChannelWord("whatsapp", ("phone",)) == words.channels["whatsapp"]
    assert "till" not in words.command_channels
    assert LifecycleState("patron", ("former",)) == words.lifecycle["patron"]
    assert ("prospect", "customer", "patron") == words.steps("lead", "patron")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("statuses: {purchased: nice}", 1, "what a status means is one of neutral, seen"),
        ("statuses:\n  delivered: failed", 2, "'delivered' is a status of every policy"),
        ("purposes:\n  contract: {}", 2, "'contract' is a purpose of the law"),
        ("purposes:\n  loyalty: {consents: [own_promotoin]}", 2, "unknown consent 'own_promotoin'; did you mean"),
        ("channels: {web: {addresses: [cokie]}}", 1, "unknown kind of identifier 'cokie'; did you mean 'cookie'?"),
        ("identifiers: {customer_id: 10}", 1, "'10' is out of range: it must be at most 9"),
        ("identifiers: {customer_id: 0, party: 1}", 1, "'party' is Garbo's own"),
        ("identifiers: {customer_id: 0}", 1, "the channel 'social' needs 'social': add it"),
        ("lifecycle:\n  lead: {next: [custmer]}\n  customer: {}", 2, "unknown life-cycle state 'custmer'"),
        ("lifecycle:\n  lead: {next: [lead]}", 2, "'lead' follows itself"),
        ("lifecycle:\n  lead: {}\n  customer: {}", 3, "no state leads to 'customer'"),
        ("lifecycle:\n  lead: {former: true}", 2, "nobody can have left by it"),
        ("chanels: {}", 1, "unknown key 'chanels'; did you mean 'channels'?"),
    ],
)
def test_what_does_not_fit_together_is_an_error_with_its_line(text: str, line: int, says: str) -> None:
    found = [e for e in report_of({**sample(), FILE: text}).errors if e.file == FILE]
    assert [(line, True)] == [(e.line, says in e.message) for e in found if says in e.message], found


def test_a_treatment_on_a_channel_that_takes_no_commands_is_an_error() -> None:
    channels = "".join(
        f"  {n}: {{addresses: {list(c.addresses)}}}\n" for n, c in DEFAULT.channels.items() if n != "sms"
    )
    errors = report_of({**sample(), FILE: f"channels:\n{channels}  sms: {{commands: false}}\n"}).errors
    assert errors
    assert all("'sms' takes no commands" in e.message for e in errors)
