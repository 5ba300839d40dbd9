"""A folder becomes a policy, or every error of every file is told at once with its line."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from garbo.core.policy.actions import Placement, Trigger
from garbo.core.policy.compiled import compiled
from garbo.core.policy.contact_policy import Cap, QuietHours
from garbo.core.vocabulary.instants import DAY, HOUR, MINUTE
from garbo.errors import PolicyError
from garbo.policy import bundle, from_bundle, inspect, load, load_text
from garbo.policy.build.files import Files
from garbo.policy.loader import texts_of
from garbo.policy.problems import MOST
from garbo.policy.schema.documents import FILES
from tests.unit.policy.bank import BANK, SAMPLE, broken, line_of, report_of, sample


@pytest.mark.parametrize("folder", [BANK, SAMPLE], ids=["bank", "sample"])
def test_the_bank_and_the_sample_have_neither_errors_nor_warnings(folder: Path) -> None:
    policy, report = inspect(folder)
    assert policy is not None
    assert [] == report.problems


def test_the_files_and_the_tuple_that_holds_them_have_one_order() -> None:
    assert [f"{n}.yaml" for n in Files._fields] == [n.replace("contact_policy", "contact") for n in FILES]


def test_units_become_milliseconds_minutes_and_weekdays() -> None:
    policy = load(SAMPLE)
    assert (30 * MINUTE, 45 * MINUTE) == (
        policy.needs["information_request"].gather, policy.needs["information_request"].answer_within,
    )  # fmt: skip
    assert QuietHours(19 * 60 + 30, 9 * 60, (6,), True) == policy.contact.quiet_hours["call_centre"]
    promise = policy.actions["email_information_promise"].follow_ups[0]
    assert (Placement(0, 1, "09:30"), True) == (promise.placement, promise.promise)
    assert {"2024-12-25", "2008-06-02", "2035-08-15"} <= policy.contact.holidays


def test_each_theme_gives_one_cap_a_theme() -> None:
    caps = {c.name: c for c in load(SAMPLE).contact.caps}
    expected = Cap("one_offer_a_topic_in_five_days:mortgage", 5 * DAY, 1, themes=("mortgage",))
    assert expected == caps["one_offer_a_topic_in_five_days:mortgage"]
    assert caps["one_marketing_call_a_week"].window == 7 * DAY


def test_an_entry_with_several_names_is_found_under_each() -> None:
    policy = compiled(load(SAMPLE))

    def competing(on: str, name: str, theme: str) -> dict[str, Trigger]:
        return {a.name: t for a, t in policy.competing(on, name, "lead", theme)}

    assert "email_information_promise" in competing("need", "information_request", "prepaid_card")
    assert "email_information_promise" in competing("need", "question", "prepaid_card")
    assert ["call_information"] == list(competing("promise", "call_information", ""))
    silence = competing("touchpoint", "page_view", "pension")["call_pension_invite"]
    assert ("sms_pension_offer", 3 * DAY, 60 * DAY, "=") == (
        silence.after_action, silence.after_min, silence.after_max, silence.theme,
    )  # fmt: skip


def test_every_label_and_meaning_an_analyst_wrote_is_kept() -> None:
    """Consoles and explanations show them; the words of the files are asked for, not this test's."""
    policy = load(SAMPLE)
    actual = [
        policy.name,
        policy.country,
        list(policy.languages),
        {name: (t.meaning, list(t.channels), t.direction) for name, t in policy.touchpoints.items()},
        {name: (j.label, [stage.label for stage in j.stages.values()]) for name, j in policy.journeys.items()},
        {name: group.label for name, group in policy.groups.items()},
        {name: theme.label for name, theme in policy.themes.items()},
        {name: need.label for name, need in policy.needs.items()},
        {name: attribute.meaning for name, attribute in policy.attributes.items()},
        {name: (c.label, c.article, c.mandatory) for name, c in policy.consents.items()},
    ]
    written = {
        name: written_in(name) for name in ("policy", "journey", "themes", "needs", "attributes", "consents", "actions")
    }
    touchpoints = written["journey"]["touchpoints"].items()
    consents, journeys = written["consents"]["consents"].items(), written["journey"]["journeys"].items()
    expected = [
        written["policy"]["name"],
        written["policy"]["country"],
        written["policy"]["languages"],
        {name: (t["meaning"], t["channels"], t.get("direction", "inbound")) for name, t in touchpoints},
        {name: (j["label"], [s["label"] for s in j["stages"].values()]) for name, j in journeys},
        {name: group["label"] for name, group in written["actions"]["groups"].items()},
        {name: theme["label"] for name, theme in written["themes"]["themes"].items()},
        {name: need["label"] for name, need in written["needs"]["needs"].items()},
        {name: a.get("meaning", "") for name, a in written["attributes"]["attributes"].items()},
        {name: (c["label"], c["article"], c.get("mandatory", False)) for name, c in consents},
    ]
    assert expected == actual


def written_in(name: str) -> Any:
    return yaml.safe_load((SAMPLE / f"{name}.yaml").read_text("utf-8"))


def test_only_the_variables_that_rules_use_are_asked_for() -> None:
    assert {
        "balance", "campaign", "default", "household_size", "interest", "kind", "lifecycle", "theme",
    } == load(SAMPLE).variables  # fmt: skip


def test_all_errors_of_all_files_come_at_once_with_their_lines() -> None:
    texts = broken("actions.yaml", "class: service", "clas: service")
    texts["actions.yaml"] = texts["actions.yaml"].replace("theme: mortgage\n    group", "theme: morgage\n    group", 1)
    texts["contact_policy.yaml"] = texts["contact_policy.yaml"].replace("channels: [sms]", "channels: [smss]")
    texts["needs.yaml"] = texts["needs.yaml"].replace("gather: 5m", "gather: five")
    texts["themes.yaml"] = texts["themes.yaml"].replace("  pension:", "  token:")
    del texts["models.yaml"]
    errors = [str(e) for e in report_of(texts).errors]
    assert [
        f"actions.yaml:{line_of(texts, 'actions.yaml', 'clas:')}: unknown key 'clas'; did you mean 'class'?",
        "models.yaml: the file is missing: add it to the policy folder",
        (
            f"needs.yaml:{line_of(texts, 'needs.yaml', 'gather: five')}: needs.question.gather: "
            "'five': a duration is a number and a unit: 30m, 24h, 7d (ms, s, m, h, d, w)"
        ),
        (
            f"themes.yaml:{line_of(texts, 'themes.yaml', 'label: {it: il fondo') - 1}: "
            f"the key 'token' is here twice, first on line {line_of(texts, 'themes.yaml', '  token:')}: remove one"
        ),
    ] == errors


def test_a_broken_entry_does_not_hide_the_errors_between_files_nor_make_up_new_ones() -> None:
    texts = broken("needs.yaml", "gather: 5m", "gather: five")
    texts["contact_policy.yaml"] = texts["contact_policy.yaml"].replace("channels: [sms]", "channels: [smss]")
    errors = [str(e) for e in report_of(texts).errors]
    assert 2 == len(errors), errors
    assert "unknown channel 'smss'; did you mean 'sms'?" in errors[0]
    assert "needs.question.gather" in errors[1]


@pytest.mark.parametrize(
    ("file", "before", "entries"),
    [
        ("themes.yaml", "", "nope{0}: 1\n"),
        ("actions.yaml", "actions:\n", "  a{0}: {{nope: 1}}\n"),
        ("actions.yaml", "actions:\n", "  a{0}: {{class: marketing, eligibility: 'agee > {0}', group: gg{0}}}\n"),
        ("journey.yaml", "touchpoints:\n", "  t{0}: {{meaning: m, channels: [xyz{0}]}}\n"),
    ],
    ids=["keys", "entries", "rules", "names"],
)
def test_of_thousands_of_errors_the_first_hundred_are_looked_for(file: str, before: str, entries: str) -> None:
    """A document with 30,000 errors held every worker for a minute, and its log had three million characters."""
    texts = sample()
    many = "".join(map(entries.format, range(3_000)))
    texts[file] = texts[file].replace(before, before + many, 1) if before else texts[file] + many
    _, report = inspect(texts)
    assert (MOST, True) == (len(report.errors), report.more)
    with pytest.raises(PolicyError, match=r"^the policy has more than 100 errors; the first 100:\n"):
        load_text(texts)


def test_the_error_an_operator_meets_is_a_sentence_for_each_line() -> None:
    with pytest.raises(PolicyError, match=r"the policy has 1 error:\npolicy\.yaml:\d+: unknown time zone"):
        load_text(broken("policy.yaml", "zone: Europe/Rome", "zone: Europe/Roma"))


def test_unknown_and_missing_files_are_errors(tmp_path: Path) -> None:
    (tmp_path / "action.yaml").write_text("actions: {}", "utf-8")
    _, report = inspect(tmp_path)
    assert "action.yaml: not a file of a policy; did you mean 'actions.yaml'?" in map(str, report.errors)
    assert "journey.yaml: the file is missing: add it to the policy folder" in map(str, report.errors)


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no such folder"):
        load(tmp_path / "nowhere")


def test_a_file_that_is_not_utf8_or_too_large_is_refused(tmp_path: Path) -> None:
    for name, text in sample().items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "themes.yaml").write_bytes(b"themes: {caff\xe8: {}}")
    (tmp_path / "needs.yaml").write_bytes(b"#" * (1024 * 1024 + 1))
    errors = [str(e) for e in inspect(tmp_path)[1].errors]
    assert [
        "needs.yaml: larger than 1024 KiB; shorten it",
        "themes.yaml:1: byte 13 is not UTF-8; save the file as UTF-8",
    ] == errors


def test_a_bundle_is_the_same_bytes_every_time_and_gives_the_policy_back() -> None:
    packed = bundle(SAMPLE)
    assert packed == bundle(SAMPLE)
    assert sample() == texts_of(packed)
    assert load(SAMPLE).version == from_bundle(packed).version == load_text(sample()).version


def test_the_version_is_the_text_s_not_the_editor_s(tmp_path: Path) -> None:
    for name, text in sample().items():
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load(SAMPLE).version == load(tmp_path).version
    changed = broken("contact_policy.yaml", "at_most: 1", "at_most: 2")
    assert load(SAMPLE).version != load_text(changed).version


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[]", b'{"policy.yaml": 1}', b"[" * 100_000])
def test_a_document_that_is_no_bundle_is_refused(raw: bytes) -> None:
    with pytest.raises(PolicyError, match="publish"):
        from_bundle(raw)


def test_a_bundle_with_an_error_is_refused_with_its_line() -> None:
    raw = json.dumps(broken("policy.yaml", "country: IT", "country: XX")).encode()
    with pytest.raises(PolicyError, match=r"policy\.yaml:3: unknown country 'XX'"):
        from_bundle(raw)


def test_a_change_in_the_yaml_changes_the_policy() -> None:
    changed = load_text(broken("contact_policy.yaml", 'sms: {from: "20:00"', 'sms: {from: "18:00"'))
    assert 18 * 60 == changed.contact.quiet_hours["sms"].start
    assert 12 * HOUR == changed.actions["sms_pension_offer"].validity
