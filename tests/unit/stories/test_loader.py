"""A mistake in a story is one error with file, line, the offending word and what to do. All errors come at once."""

from pathlib import Path

import pytest

from garbo.core.policy.vocabulary import DEFAULT
from garbo.errors import StoryError
from garbo.policy.loader import bundle, texts_of
from garbo.stories.loader import load_stories, read
from garbo.testing import instant, load_policy, play_story, story_problems
from tests.golden.histories.playing import BANK, bank

GOOD = """\
title: Ada asks
starts: 2024-03-04 10:00
until: 2024-03-08 12:00
people:
  ada:
    name: Ada
    language: en
    identifiers: {email: ada@example.org, cookie: ada}
    attributes: {age: 30}
    consents: {personal_data: true}
steps:
  - at: 10:05
    touchpoint: {channel: web, kind: information_request, theme: mortgage}
    expect:
      - {command: email_information_reply, channel: email, within: 1h}
      - {need: information_request, end: answered}
  - after: 1d
    outcome: {of: email_information_reply, status: delivered}
    expect: silence
"""


def errors(text: str) -> list[str]:
    story, problems = read("ada", text, bank(), "journeys/ada.yaml")
    assert (story is None) == bool(problems)
    return [str(problem) for problem in problems]


def test_a_right_story_has_no_errors() -> None:
    assert errors(GOOD) == []
    story, _ = read("ada", GOOD, bank(), "journeys/ada.yaml")
    assert story is not None
    assert [(m.event_id, m.at) for m in story.messages] == [
        ("ada/ada/2024-03-04 10:00/profile", instant("2024-03-04 10:00")),
        ("ada/ada/2024-03-04 10:00/personal_data", instant("2024-03-04 10:00")),
        ("ada/ada/2024-03-04 10:05/information_request", instant("2024-03-04 10:05")),
        ("ada/ada/2024-03-05 10:05/email_information_reply/delivered", instant("2024-03-05 10:05")),
    ]


MISTAKES = [
    ("title: Ada asks", "titel: Ada asks", 1, "unknown key 'titel'; did you mean 'title'?"),
    ("starts: 2024-03-04 10:00", "starts: 4 March", 2, "'4 March': an instant is written 2024-02-26 21:01"),
    ("starts: 2024-03-04 10:00", "starts: 2024-02-30 10:00", 2, "'2024-02-30 10:00': an instant is written"),
    ("until: 2024-03-08 12:00", "until: 2024-03-05 09:00", 3, "ends before its last step: give a later instant"),
    ("title: Ada asks", "title: Ada asks\nzone: Europe/Roma", 2, "'Europe/Roma' is no time zone"),
    ("  ada:", "  Ada:", 5, "the name 'Ada' must be lower-case letters"),
    ("language: en", "langauge: en", 7, "unknown key 'langauge'; did you mean 'language'?"),
    ("language: en", "language: fr", 7, "unknown language 'fr'"),
    ("{email: ada@example.org, cookie", "{e_mail: ada@example.org, cookie", 8, "unknown kind of identifier 'e_mail'"),
    ("ada@example.org", "ada at example.org", 8, "'ada at example.org' is no email"),
    ("cookie: ada", "phone: '12'", 8, "'12' is no phone"),
    ("{age: 30}", "{aeg: 30}", 9, "unknown attribute 'aeg'"),
    ("{age: 30}", "{age: thirty}", 9, "'age' is of the kind int, not 'thirty'"),
    ("personal_data", "personal_date", 10, "unknown consent 'personal_date'; did you mean 'personal_data'?"),
    ("true}", "given}", 10, "people.ada.consents.personal_data: input should be a valid boolean"),
    ("at: 10:05", "at: 09:00", 12, "earlier than the step before it (2024-03-04 10:00)"),
    ("at: 10:05", "story: later", 12, "a step has either `at`, an instant, or `after`"),
    ("at: 10:05", "at: 10:05\n    person: bob", 13, "unknown person 'bob'; known: ada"),
    ("at: 10:05", "at: 10:05\n    by: phone", 13, "unknown identifier of ada 'phone'; known: cookie, email"),
    ("channel: web", "channel: wbe", 13, "unknown channel 'wbe'; did you mean 'web'?"),
    ("channel: web", "channel: atm", 13, "'information_request' does not happen on 'atm': journey.yaml says web"),
    ("kind: information_request", "kind: information_reqest", 13, "did you mean 'information_request'?"),
    ("theme: mortgage", "theme: morgage", 13, "unknown theme 'morgage'; did you mean 'mortgage'?"),
    ("touchpoint:", "touchpont:", 13, "unknown key 'touchpont'; did you mean 'touchpoint'?"),
    ("command: email_information_reply", "command: email_reply", 15, "unknown action 'email_reply'"),
    ("command: email", "comand: email", 15, "begin it with one of its keys; did you mean 'command'?"),
    ("channel: email", "channel: branch", 15, "'email_information_reply' is not made on 'branch': actions.yaml says"),
    ("within: 1h", "within: one hour", 15, "within: a duration is a number and a unit"),
    ("within: 1h", "within: 1h, at: 10:10", 15, "give one of `at`, `from` with `to`, or `within`"),
    ("within: 1h", "at: 09:10", 15, "its time lies before its step"),
    ("within: 1h", "wihtin: 1h", 15, "unknown key 'wihtin'; did you mean 'within'?"),
    ("within: 1h", "riders: offer", 15, "unknown action 'offer'"),
    ("need: information_request", "need: request", 16, "unknown kind of need 'request'"),
    ("end: answered", "end: answerd", 16, "unknown end of a need 'answerd'; did you mean 'answered'?"),
    ("after: 1d", "after: 1 day", 17, "a duration is a number and a unit"),
    ("of: email_information_reply", "of: call_information", 18, "no step before this one expects a command for"),
    ("of: email_information_reply, ", "", 18, "the outcome of what? Write `of: ACTION`, or at least its channel"),
    ("status: delivered", "status: deliverd", 18, "unknown status 'deliverd'; did you mean 'delivered'?"),
    ("expect: silence", "expect: silense", 19, "'silense' is nothing to expect: write `silence`"),
    ("expect: silence", "expect: {lifecycle: vip}", 19, "unknown life-cycle state 'vip'"),
    ("expect: silence", "expect: {stage: nowhere}", 19, "unknown stage 'nowhere'"),
    ("expect: silence", "expect: {count: many}", 19, "count: input should be a valid integer"),
    ("expect: silence", "expect: {held_back: call_information, reason: late_}", 19, "unknown reason 'late_'"),
    ("expect: silence", "expect: {chosen: call_informtion}", 19, "did you mean 'call_information'?"),
    ("steps:", "steps: &s", 11, "anchors and aliases are not allowed"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "sentence"), MISTAKES, ids=[wrong for _, wrong, _, _ in MISTAKES])
def test_a_mistake_is_one_error_with_its_line(right: str, wrong: str, line: int, sentence: str) -> None:
    assert GOOD.count(right) >= 1
    (error,) = [e for e in errors(GOOD.replace(right, wrong, 1)) if sentence in e]
    assert error.startswith(f"journeys/ada.yaml:{line}: ")


def test_all_mistakes_of_all_stories_come_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "journeys"
    folder.mkdir()
    (folder / "one.yaml").write_text(GOOD.replace("theme: mortgage", "theme: morgage").replace("silence", "silense"))
    (folder / "two.yaml").write_text(GOOD.replace("kind: information", "kind: infomation"))
    with pytest.raises(StoryError) as refused:
        load_stories(tmp_path, bank())
    first, *lines = str(refused.value).splitlines()
    assert first == "the stories have 3 errors:"
    assert [line.partition(": ")[0] for line in lines] == [
        "journeys/one.yaml:13",
        "journeys/one.yaml:19",
        "journeys/two.yaml:13",
    ]


def test_two_stories_of_a_folder_share_no_person(tmp_path: Path) -> None:
    folder = tmp_path / "journeys"
    folder.mkdir()
    (folder / "one.yaml").write_text(GOOD)
    (folder / "two.yaml").write_text(GOOD.replace("ada@example.org", "eve@example.org"))
    with pytest.raises(StoryError, match=r"two.yaml: cookie 'ada' is also in journeys/one.yaml: give the person here"):
        load_stories(tmp_path, bank())


def test_a_policy_without_stories_has_none(tmp_path: Path) -> None:
    assert load_stories(tmp_path, bank()) == []


def test_the_banks_stories_load_by_name() -> None:
    assert [story.name for story in load_stories(BANK, bank())] == ["antonio", "martina", "rossi"]


def test_a_story_is_in_the_words_of_its_policy() -> None:
    """A channel, an identifier, a state and a status that the bank does not have."""
    channels = "".join(f"  {name}: {{addresses: {list(c.addresses)}}}\n" for name, c in DEFAULT.channels.items())
    kinds = "".join(f"  {kind}: {strength}\n" for kind, strength in DEFAULT.identifiers.items())
    words = (
        f"channels:\n{channels}  whatsapp: {{addresses: [phone]}}\n"
        f"identifiers:\n{kinds}  loyalty_card: 0\n"
        "lifecycle:\n  lead: {next: [prospect]}\n  prospect: {next: [customer]}\n"
        "  customer: {next: [former, patron]}\n  patron: {}\n  former: {next: [prospect], former: true}\n"
        "statuses: {purchased: positive}\n"
    )
    texts = texts_of(bundle(BANK))
    kind = "page_view: {meaning: reads a page about a product, channels: [web, app, ebanking]"
    assert kind in texts["journey.yaml"]
    texts["journey.yaml"] = texts["journey.yaml"].replace(kind, kind.replace("ebanking]", "ebanking, whatsapp]"))
    policy = load_policy({**texts, "vocabulary.yaml": words})
    text = """\
title: Ada comes back
starts: 2024-03-04 10:00
until: 2024-03-08 12:00
people:
  ada:
    lifecycle: patron
    identifiers: {loyalty_card: L-1}
steps:
  - at: 10:05
    touchpoint: {channel: whatsapp, kind: page_view}
    expect: [silence, {lifecycle: patron}]
  - after: 1h
    outcome: {status: purchased, channel: whatsapp}
    expect: silence
"""
    story, problems = read("ada", text, policy, "ada.yaml")
    assert (story is not None, problems) == (True, [])
    assert story is not None
    driver = play_story(policy, story)
    assert story_problems(story, driver) == []
    (problem,) = read("ada", text.replace("purchased", "bought"), policy, "ada.yaml")[1]
    assert str(problem).startswith("ada.yaml:13: unknown status 'bought'; known: accepted, ")
