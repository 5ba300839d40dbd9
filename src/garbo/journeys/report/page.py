"""The page: one file, no script, no server, nothing to fetch. It prints well.

One section a journey; in it, what limits the journey comes first.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from garbo.journeys.narrowing import Bar
from garbo.journeys.report import charts, tables
from garbo.journeys.report.flow import Flow, least_drawn
from garbo.journeys.report.model import JourneyReport, Report, Slice
from garbo.journeys.report.sentences import Claim, claim, drifted, no_claim, obstacle
from garbo.journeys.report.words import Say

STYLE: Final = """
:root{--text:#22282e;--soft:#6b7278;--rule:#e3e0db;--hot:#b3261e;--paper:#fffdfa}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"Liberation Sans","DejaVu Sans",sans-serif;color:var(--text);background:var(--paper);
margin:0 auto;padding:28px 32px 60px;max-width:1224px}
h1{font-size:27px;margin:0 0 4px}h2{font-size:22px;margin:46px 0 6px;border-top:3px solid var(--text);padding-top:12px}
h3{font-size:16px;margin:30px 0 2px}p{margin:4px 0 10px;max-width:88ch}p.help,.soft,small{color:var(--soft)}
p.help{font-size:13px}small{font-size:11.5px;white-space:nowrap}a{color:#2f5f8a}nav a{margin-right:14px}
.tiles{display:flex;flex-wrap:wrap;gap:34px;margin:14px 0 6px}.tiles b{display:block;font-size:26px;line-height:1.2}
.tiles span{color:var(--soft);font-size:13px}
.claim{border-left:5px solid var(--hot);background:#fbf1ef;padding:10px 16px;margin:14px 0}
.claim b:first-child{color:var(--hot)}
.quiet{border-left:5px solid #8aa88a;background:#f2f6f1;padding:10px 16px;margin:14px 0}
.claim p,.quiet p{margin:2px 0;max-width:none}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:8px 40px}.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums;margin:6px 0 4px}
td,th{border-bottom:1px solid var(--rule);padding:5px 8px;text-align:right;vertical-align:top}td{white-space:nowrap}
td.l{white-space:normal}
th{font-weight:600;border-bottom:1.5px solid #9a958e;vertical-align:bottom}.l{text-align:left}
.hot{color:var(--hot)}.heat{padding:1px 5px;border-radius:3px}
svg{width:100%;height:auto;display:block}svg text{font-size:12px;fill:var(--text)}svg .name{font-weight:600}
svg .soft{fill:var(--soft);font-size:11px}svg .big{font-weight:600}svg .hot{fill:var(--hot);font-weight:700}
svg .mark{font-size:14px}svg .onbar{fill:#fff}svg .name{paint-order:stroke;stroke:var(--paper);stroke-opacity:.7;
stroke-width:3px}svg .count{font-size:11px}
.flow{stroke-opacity:.55}.flow:hover{stroke-opacity:.95}
@media screen and (max-width:900px){.pair{grid-template-columns:1fr}}
@media print{body{padding:0;max-width:none;font-size:11px;line-height:1.35;background:#fff;
-webkit-print-color-adjust:exact;print-color-adjust:exact}h2{margin-top:0}h3{margin-top:12px;break-after:avoid}
table{font-size:10px}td,th{padding:2px 5px}p.help,small{font-size:9px}.tiles{margin:4px 0}.tiles b{font-size:18px}
.pair{break-inside:avoid}.wide{overflow:visible}section+section h2{break-before:page}
svg,table,.claim,.quiet{break-inside:avoid}nav{display:none}@page{size:A4 landscape;margin:12mm}}
"""


def page(report: Report, language: str, bar: Bar) -> str:
    """The report as one HTML document. bar: what findings had to pass; the page says it."""
    say = Say(language)
    name = say.label(report.title, "")
    links = "".join(f'<a href="#{escape(j.journey)}">{escape(_name(j, say))}</a>' for j in report.journeys)
    body = [
        f"<h1>{escape(name)}</h1>",
        _p(say("exits_from", since=_day(report.since), until=_day(report.until)), "help"),
        f"<nav>{links}</nav>" if len(report.journeys) > 1 else "",
        *(_journey(j, say, bar) for j in report.journeys),
    ]
    if report.notes:
        body += [f"<h2>{escape(say('notes'))}</h2>", *(_p(say.label(note, "")) for note in report.notes)]
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(name)}</title><style>{STYLE}</style></head><body>\n{chr(10).join(filter(None, body))}\n"
        "</body></html>\n"
    )


def _journey(j: JourneyReport, say: Say, bar: Bar) -> str:
    labels = dict(j.labels)
    marked, mark = _mark(j, say)
    claimed = bool(j.narrowing.claims)
    names = [(r.stage, say.label(r.label, r.stage)) for r in j.stages]
    parts = [
        f'<h2 id="{escape(j.journey)}">{escape(_name(j, say))}</h2>', _tiles(j, say), _narrowing(j, say, bar),
        _drifts(j, say),
        _h3(say("flow")), Flow(j, say, marked, mark, hot=claimed).draw(),
        _p(say("flow_help", least=say.number(least_drawn(j))), "help"),
        _h3(say("stages")), tables.stages(j, say, marked if claimed else ""), _p(say("stages_help"), "help"),
        '<div class="pair"><div>', _h3(say("funnel")), charts.funnel(j, say), _p(say("funnel_help"), "help"),
        "</div><div>", _h3(say("dwell")), charts.dwell(j, say), _p(say("dwell_help"), "help"), "</div></div>",
        _ranking(j, say, bar),
    ]  # fmt: skip
    if j.attraction:
        parts += [
            '<div class="pair"><div>', _h3(say("attraction")), charts.pull(j.attraction, labels, say),
            _p(say("attraction_help"), "help"), "</div><div>", _h3(say("liked")) if j.liked else "",
            tables.liked(j.liked, labels, say) if j.liked else "", _p(say("liked_help"), "help") if j.liked else "",
            "</div></div>", tables.attraction(j.attraction, labels, say),
        ]  # fmt: skip
    if j.responses or j.treatments:
        parts += ['<div class="pair"><div>', _h3(say("responses")), charts.responses(j.responses, labels, say),
                  _p(say("responses_help"), "help"), "</div><div>", _h3(say("by_treatment")),
                  tables.treatments(j.treatments, say), "</div></div>"]  # fmt: skip
    owed = tables.attention(j.attention, labels, say)
    parts += [_h3(say("attention")), owed or _p(say("all_attended")), _p(say("attention_help"), "help") if owed else ""]
    sections: Sequence[tuple[str, Sequence[Slice]]] = (
        ("by_channel", j.channels), ("by_segment", j.segments), ("by_period", j.periods),
    )  # fmt: skip
    shown = [(key, rows) for key, rows in sections if len(rows) > 1]
    for key, rows in shown:
        parts += [_h3(say(key)), tables.slices(rows, names, say)]
    if shown:
        parts.append(_p(say("slices_help"), "help"))
    return f"<section>{chr(10).join(filter(None, parts))}</section>"


def _tiles(j: JourneyReport, say: Say) -> str:
    lost = sum(r.drop_off.total for r in j.stages)
    expected = f" · {say('expected', share=say.percent(j.expect))}" if j.expect else ""
    contacts = sum(r.contacts for r in j.responses)
    tiles = [
        (say.percent(j.completion), say("completion") + expected), (say.number(j.begun), say("begun")),
        (say.number(j.reached), say("reached")), (say.number(lost), say("lost_visits")),
    ]  # fmt: skip
    if contacts and j.reached:
        tiles.append((say.number(contacts / j.reached, 1), say("per_goal")))
    tiles.append((_day(j.since), say("counted_from")))
    return (
        f'<div class="tiles">{"".join(f"<div><b>{n}</b><span>{escape(what)}</span></div>" for n, what in tiles)}</div>'
    )


def _mark(j: JourneyReport, say: Say) -> tuple[str, str]:
    """The stage to mark in the picture, and what to write over it."""
    if j.narrowing.claims:
        first = j.narrowing.claims[0]
        return first.stage, say("mark", cause=say.cause(obstacle(first)), gain=say.rise(first.gain))
    heaviest = max(j.stages, key=lambda r: r.weight, default=None)
    return (heaviest.stage, say("mark_loss")) if heaviest else ("", "")


def _narrowing(j: JourneyReport, say: Say, bar: Bar) -> str:
    """The claims, or why there is none and what weighs most."""
    said = [_claim(claim(f, j.labels, say)) for f in j.narrowing.claims[:3]]
    if said:
        return "".join(f'<div class="claim">{s}</div>' for s in said)
    return f'<div class="quiet">{"".join(_p(s) for s in no_claim(j, bar, say) if s)}</div>'


def _claim(c: Claim) -> str:
    return f"<p><b>{escape(c.head)}</b> {escape(c.text)}</p><p>{escape(c.more)}</p>"


def _drifts(j: JourneyReport, say: Say) -> str:
    if not j.drifts:
        return ""
    said = "".join(_p(drifted(d, j.labels, say)) for d in j.drifts)
    days = {name: _day(getattr(j.drifts[0].period, name)) for name in ("since", "turn", "until")}
    return f'{_h3(say("drifts"))}<div class="quiet">{said}</div>{_p(say("drifts_help", **days), "help")}'


def _ranking(j: JourneyReport, say: Say, bar: Bar) -> str:
    rows = tables.findings(j.narrowing.ranking, j.narrowing.claims, dict(j.labels), say)
    if not rows:
        return ""
    return _h3(say("ranking")) + rows + _p(say("causes_help", least=say.percent(bar.least, 0)), "help")


def _name(j: JourneyReport, say: Say) -> str:
    return say.label(j.label, j.journey)


def _p(said: str, class_: str = "") -> str:
    return f'<p class="{class_}">{escape(said)}</p>' if class_ else f"<p>{escape(said)}</p>"


def _h3(said: str) -> str:
    return f"<h3>{escape(said)}</h3>"


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
