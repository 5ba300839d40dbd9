"""The report: one page, whole in itself, that says the same in its picture and in its tables."""

import dataclasses
import json
import re
from functools import cache
from html import unescape
from xml.etree import ElementTree

import pytest

from benchmarks.journey_world import Plant
from garbo.core.journeys.cells import ANSWER_BITS, HELD, INDEX, UNANSWERED, Cell, CellKey
from garbo.core.vocabulary.instants import DAY, HOUR
from garbo.journeys.drift import CONVERSION, DWELL, Drift, Period
from garbo.journeys.drop_off import drop_off
from garbo.journeys.finding import Finding, Narrowing
from garbo.journeys.jackknife import Estimate
from garbo.journeys.merged import PartitionCell
from garbo.journeys.narrowing import Bar
from garbo.journeys.plan import JourneyPlan, StagePlan
from garbo.journeys.report.as_json import as_json
from garbo.journeys.report.build import build
from garbo.journeys.report.model import Report, Responses
from garbo.journeys.report.page import page
from garbo.journeys.report.tables import treatments
from garbo.journeys.report.words import WORDS, Say
from tests.unit.journeys.world import END, cells, plans

BAR = Bar(draws=60)
TITLE = {"en": "World", "it": "Mondo"}


@cache
def narrow() -> Report:
    """A world with a planted rule at mortgage, proposal."""
    return build(TITLE, plans(), cells(11, Plant("rule", "mortgage", 2, 0.7), 6_000, 8), END, BAR)


def section(html: str, journey: str) -> str:
    return next(s for s in html.split("<section>") if s.startswith(f'<h2 id="{journey}"'))


def test_the_narrowing_is_claimed_and_marked() -> None:
    html = section(page(narrow(), "en", BAR), "mortgage")
    assert "<b>proposal: a rule.</b> With as little of it as is usual" in html
    assert "Most often: adults_only." in html
    assert re.search(r"▼ a rule \(adults_only\): \+\d+ %", html)


def test_without_a_narrowing_none_is_claimed() -> None:
    html = section(page(narrow(), "en", BAR), "card")
    assert "No narrowing is claimed" in html
    assert 'class="claim"' not in html
    assert 'class="hot' not in html
    assert "▼ weighs most" in html


@pytest.mark.parametrize("language", ["en", "it"])
def test_it_needs_nothing_but_itself(language: str) -> None:
    html = page(narrow(), language, BAR)
    assert len(html.encode()) < 300_000
    assert "<script" not in html
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", html)
    assert not re.findall(r"url\((?!#)", html)
    assert "@import" not in html
    assert not re.search(r"\{[a-z_]+\}", re.sub(r"<style>.*?</style>", "", html, flags=re.S)), "a placeholder is left"


def test_each_picture_is_well_formed() -> None:
    pictures = re.findall(r"<svg.*?</svg>", page(narrow(), "en", BAR), re.S)
    assert len(pictures) == 3 * 5
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.get("aria-label")
        numbers = [float(n) for n in re.findall(r'(?:[xy]|width|height)="(-?[\d.]+)"', picture)]
        assert all(-200 <= n <= 1300 for n in numbers)


def test_picture_and_table_have_the_same_drop_off() -> None:
    html = section(page(narrow(), "en", BAR), "mortgage")
    picture, tables = re.findall(r"<svg.*?</svg>", html, re.S)[0], html.split("<tbody>")
    drawn = re.findall(r'class="(?:big|hot)">(\d+\.\d %)<', picture)
    listed = [re.findall(r"(\d+\.\d %) <small>", row)[0] for row in tables[1].split("</tbody>")[0].split("</tr>")[:-1]]
    assert drawn == listed
    assert [f"{r.drop_off.rate:.1%}".replace("%", " %") for r in narrow().journeys[2].stages] == drawn


def test_what_goes_in_comes_out_or_stays() -> None:
    """The exits of each row add up, and the moves between stages are the entries of their targets."""
    for journey in narrow().journeys:
        for row in journey.stages:
            assert row.onward + row.back + row.aside + row.drop_off.total == row.drop_off.exits
            into = sum(n for (_, to), n in journey.flows.items() if to == row.stage)
            assert row.begun == max(row.entries - into, 0)
        assert journey.reached == sum(n for (_, to), n in journey.flows.items() if to == journey.goal)
        assert sum(r.time for r in journey.stages) == pytest.approx(1)
        segments = journey.segments
        assert sum(s.reached for s in segments) == journey.reached
        for row in journey.stages:
            assert sum(s.lost[row.stage].total for s in journey.channels) == row.drop_off.total


def test_both_languages_say_the_same() -> None:
    english, italian = page(narrow(), "en", BAR), page(narrow(), "it", BAR)
    assert "La strettoia" not in english
    assert "una regola (adults_only)" in italian
    assert english.count("<tr>") == italian.count("<tr>")
    assert english.count("<path") == italian.count("<path")
    for key, said in WORDS.items():
        assert set(re.findall(r"\{\w+\}", said.en)) == set(re.findall(r"\{\w+\}", said.it)), key


def test_a_negative_response_is_worded_as_an_association() -> None:
    card = narrow().journeys[0]
    claim = Finding("card", "proposal", "negative", 0.2, 0.15, 0.25, 0.1, 0.3, 1.0, 1.0, 0.4, 0.1, association=True)
    told = dataclasses.replace(card, narrowing=Narrowing((claim,), (claim,)))
    html = page(dataclasses.replace(narrow(), journeys=[told]), "en", BAR)
    assert "<b>proposal: a negative response.</b>" in html
    assert "This is an association" in html
    assert "would reach the goal" not in html
    assert "è un&#x27;associazione" in page(dataclasses.replace(narrow(), journeys=[told]), "it", BAR).lower()


def test_who_was_left_in_silence_and_why() -> None:
    """10 were held back by a cap and dropped, 3 waited and dropped, 4 had their answer and dropped all the same."""
    stage = StagePlan("ask", due="service", within=HOUR, turn="company")
    plan = JourneyPlan("j", [stage, StagePlan("g")], ["ask", "g"], "g")
    onward, drop = 50 << ANSWER_BITS, 50 << ANSWER_BITS | 3
    answer = {
        onward: 11, onward | HELD: 2, drop: 4, drop | UNANSWERED: 3, drop | UNANSWERED | HELD: 10,
    }  # fmt: skip
    cell = Cell(
        counts={INDEX["enter"]: 30, INDEX["onward"]: 13, INDEX["drop"]: 17, INDEX["need_late"]: 2},
        dwell={300: 13, 303: 17}, targets={"g": 13}, answer=answer,
        held={"cap:weekly|drop": 10, "cap:weekly|onward": 2},
    )  # fmt: skip
    report = build(TITLE, [plan], [PartitionCell(0, CellKey(0, "j", "ask", "web", "all"), cell)], HOUR, BAR)
    owed = report.journeys[0].attention[0]
    assert (owed.silent, owed.reasons) == (13, {"cap:weekly": 10})
    assert (owed.needs, owed.late, owed.unanswered) == (2, 2, 0)
    assert "a cap (weekly) 10, nothing held it back: 3" in page(report, "en", BAR)


def test_no_other_language() -> None:
    with pytest.raises(ValueError, match="no language 'fr': one of en, it"):
        Say("fr")


def test_numbers_as_each_language_writes_them() -> None:
    assert Say("en").number(1234.56, 1) == "1,234.6"
    assert Say("it").number(1234.56, 1) == "1.234,6"
    assert Say("it").duration(3 * 86_400_000) == "3,0 g"
    assert Say("en").rise(-0.034, 1) == "−3.4 %"


def test_hostile_names_stay_text() -> None:
    bad = '<img src=x onerror="alert(1)">'
    stage = StagePlan(bad, {"en": bad}, turn="customer")
    plan = JourneyPlan(bad, [stage, StagePlan("goal")], [bad, "goal"], "goal", label={"en": bad})
    cell = Cell(
        counts={0: 100, 1: 60, 4: 40}, dwell={900: 60, 903: 40}, targets={"goal": 60}, held={f"rule:{bad}|drop": 9}
    )
    html = page(
        build({"en": bad}, [plan], [PartitionCell(0, CellKey(9, bad, bad, bad, bad), cell)], 40_000_000, BAR), "en", BAR
    )
    assert "<img" not in html
    assert bad in unescape(html)


def test_an_empty_journey_is_shown_as_such() -> None:
    html = page(build(TITLE, plans(), [], END, BAR), "en", BAR)
    assert html.count("<section>") == 3
    assert "No cause can be named" in html


def test_an_end_of_the_map_is_a_drop_off() -> None:
    plan = JourneyPlan("j", [StagePlan("a"), StagePlan("g"), StagePlan("no")], ["a", "g"], "g", ["no"])
    cell = Cell(counts={0: 10, 1: 4, 3: 3, 4: 2, 5: 1, 12: 5}, targets={"g": 4, "no": 3})
    found = drop_off(plan, cell)
    assert found.lost == {"(patience)": 2, "(ended)": 1, "no": 3}
    assert (found.total, found.exits, found.rate) == (6, 10, 0.6)


def test_what_has_changed_is_said_with_its_weeks() -> None:
    period = Period(0, 28 * DAY, 56 * DAY)
    fell = Drift("card", "proposal", CONVERSION, 0.443, 0.336, Estimate(-0.24, -0.42, -0.02), 0.99, 900, period)
    grew = Drift("card", "proposal", DWELL, 6 * HOUR, 12 * HOUR, Estimate(1.0, 0.6, 1.5), 0.99, 900, period)
    told = dataclasses.replace(narrow(), journeys=[dataclasses.replace(narrow().journeys[0], drifts=[fell, grew])])
    html = page(told, "en", BAR)
    assert "proposal: of 100 exits, 33.6 lead onward; 44.3 did before (−24 %, interval −42 % to −2 %)." in html
    assert "proposal: visits that go on last 12 h; 6.0 h before (+100 %, interval +60 % to +150 %)." in html
    assert "From 1970-01-29 to 1970-02-26 against 1970-01-01 to 1970-01-29." in html
    assert "Che cosa è cambiato" in page(told, "it", BAR)
    assert "What has changed" not in page(narrow(), "en", BAR)


def test_a_treatment_has_shares_of_its_own_contacts_only() -> None:
    rows = [Responses("mail", 10, 2, 12, 0, 0, 1234.5), Responses("rider", 0, 3, 0, 0, 0)]
    html = treatments(rows, Say("en"))
    assert "<td>1,234</td>" in html  # euro of value to the customer
    assert "2 <small>20 %</small>" in html
    assert '<td class="l">rider</td><td>0</td><td>3</td><td>0</td>' in html
    assert "120 %" not in html


def test_the_figures_are_plain_values_too() -> None:
    data = json.loads(json.dumps(as_json(narrow())))
    assert [j["journey"] for j in data["journeys"]] == [j.journey for j in narrow().journeys]
    mortgage, told = data["journeys"][2], narrow().journeys[2]
    assert mortgage["narrowing"]["claims"][0]["cause"] == told.narrowing.claims[0].cause == "rule"
    assert {(o, t): n for o, t, n in mortgage["flows"]} == told.flows
    assert mortgage["since"] == told.since > 0


def test_a_part_of_the_data_in_which_nobody_was_has_no_line() -> None:
    for journey in narrow().journeys:
        for row in (*journey.channels, *journey.segments, *journey.periods):
            assert row.visits > 0 or any(drop.exits for drop in row.lost.values())
