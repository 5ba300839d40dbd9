"""The map looked at and drawn: remarks, Mermaid, SVG, and the two commands."""

from pathlib import Path
from xml.etree import ElementTree as Xml

from msgspec.structs import replace
from typer.testing import CliRunner

from garbo.cli import app
from garbo.core.policy.journey import COMPANY, Goal, Journey, Move, StageDefinition
from garbo.core.policy.policy import Policy
from garbo.core.policy.themes import Theme
from garbo.policy import load
from garbo.policy.maps.mermaid import mermaid
from garbo.policy.maps.review import review
from garbo.policy.maps.svg import svg
from tests.unit.core.journeys.maps import CARD, PENSION, SERVICE

BANK = Path("examples/bank")
SVG = "{http://www.w3.org/2000/svg}"


def remarks(*journeys: Journey) -> list[str]:
    policy = Policy("v", journeys={j.name: j for j in journeys}, themes={"card": Theme("card")})
    return [str(remark) for remark in review(policy)]


def test_a_good_map_has_no_remark() -> None:
    service = replace(SERVICE, goal=Goal("solved"), ends=())
    assert remarks(CARD, PENSION, service) == []


def test_what_is_odd_is_said_with_its_place() -> None:
    stages = {
        "look": StageDefinition("look"),
        "enquiry": StageDefinition("enquiry", turn=COMPANY, patience=1),
        "end": StageDefinition("end", patience=1),
    }
    moves = (Move("", "visit", "look"), Move("", "ask", "enquiry"), Move("", "buy", "end"))
    odd = Journey("odd", themes=("other",), ideal=("look", "enquiry", "end"), stages=stages, moves=moves)
    assert remarks(odd) == [
        "odd: it has no goal, so nothing says how well it goes: add one",
        "odd/look: it has no patience, so nobody drops out of it: add one",
        "odd/look: no move leads away from it: add one, or list it under ends",
        "odd/enquiry: it is our turn, but no action advances it: add advance, or change the turn",
        "odd/enquiry: no move leads away from it: add one, or list it under ends",
        "odd/end: no move leads away from it: add one, or list it under ends",
        "the map: no journey has the themes card: what is about them stands nowhere",
    ]


def test_a_stage_from_which_no_move_leads_on_is_odd() -> None:
    moves = tuple(move for move in PENSION.moves if move.origin != "look")
    back = (*moves, Move("look", "call", "other"), Move("other", "call", "look"))
    journey = replace(PENSION, stages={**PENSION.stages, "other": StageDefinition("other", patience=1)}, moves=back)
    assert "pension/look: no move leads on from it along the ideal path: add one" in remarks(journey, SERVICE)


def test_a_chart_has_each_stage_and_each_arrow_once() -> None:
    text = mermaid(CARD, "en")
    assert text.startswith("%% card\nflowchart LR\n  start((start))\n  anywhere((anywhere))\n")
    assert '  s_start(("start"))' in text  # the goal; the prefix keeps it apart from the start
    assert '  s_proposal -.->|"ask"| s_enquiry' in text  # a return is dotted
    assert '  anywhere -.->|"buy"| s_start' in text
    assert text.count("-->") + text.count("-.->") == 7


def test_the_picture_is_xml_with_a_box_a_stage_and_an_arrow_a_move() -> None:
    policy = load(BANK)
    text = svg(policy.journeys, "it", 'The "bank" & more')
    root = Xml.fromstring(text)
    assert root.get("aria-label") == 'The "bank" & more'
    drawn = [r for r in root.iter(f"{SVG}rect") if r.get("rx")]
    boxes = [r for r in drawn if r.get("fill") != "none"]
    assert len(boxes) == len(policy.stages)
    assert len(drawn) - len(boxes) == sum(len(j.ends) for j in policy.journeys.values())  # an end has a double border
    said = "".join(root.itertext())
    assert all(stage.label["it"] in said for stage in policy.stages)
    assert len([p for p in root.iter(f"{SVG}path") if p.get("marker-end")]) > len(boxes)
    assert "<script" not in text
    assert text == svg(load(BANK).journeys, "it", 'The "bank" & more')


def test_a_returning_arrow_bends_below_and_an_onward_one_above() -> None:
    drawn = Xml.fromstring(svg({"card": CARD}, "en"))
    bends = [(p[0].text, p.get("d", "")) for p in drawn.iter(f"{SVG}path") if len(p) and " C" in p.get("d", "")]
    heights = [(said, int(d.split("C")[1].split()[1])) for said, d in bends]
    assert [said for said, y in heights if y > 180] == ["ask", "refused"]
    assert [said for said, y in heights if y < 180] == ["ask"]  # from before the first stage


def test_a_move_from_several_stages_to_the_side_is_named_once() -> None:
    stages = {name: StageDefinition(name) for name in ("a", "b", "trouble")}
    moves = tuple(Move(origin, "complaint", "trouble") for origin in ("", "a", "b"))
    root = Xml.fromstring(svg({"j": Journey("j", themes=("x",), ideal=("a", "b"), stages=stages, moves=moves)}, "en"))
    assert len([p for p in root.iter(f"{SVG}path") if p.get("marker-end")]) == 3
    assert [t.text for t in root.iter(f"{SVG}text")].count("complaint") == 1


def test_the_commands_check_and_draw(tmp_path: Path) -> None:
    run, picture = CliRunner(), tmp_path / "map.svg"
    shown = run.invoke(app, ["journey", "check", str(BANK)])
    assert shown.exit_code == 0
    assert "5 journeys, 27 stages; segments: young, family, all" in shown.output
    drawn = run.invoke(app, ["journey", "draw", str(BANK), "-o", str(picture), "--language", "en"])
    assert drawn.exit_code == 0
    assert "Pension fund" in picture.read_text("utf-8")
    chart = run.invoke(app, ["journey", "draw", str(BANK), "--journey", "pension", "--format", "mermaid"])
    assert chart.output.startswith("%% ")
    assert chart.output.count("flowchart") == 1


def test_the_commands_say_what_is_wrong(tmp_path: Path) -> None:
    run = CliRunner()
    unknown = run.invoke(app, ["journey", "draw", str(BANK), "--journey", "lending"])
    assert unknown.exit_code == 1
    assert "no journey 'lending'; the map has card" in unknown.stderr
    nowhere = run.invoke(app, ["journey", "draw", str(BANK), "-o", str(tmp_path / "no" / "map.svg")])
    assert nowhere.exit_code == 1
    assert "give another file" in nowhere.stderr
    broken = run.invoke(app, ["journey", "check", str(tmp_path)])
    assert broken.exit_code == 1
    assert "the file is missing" in broken.output
