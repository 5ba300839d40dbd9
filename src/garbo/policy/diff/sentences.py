"""Differences between two policies as sentences. What changes in the same way at several entries is one sentence."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from garbo.core.policy.contact_policy import Cap
from garbo.policy.diff.compare import Difference, Kind, plain
from garbo.policy.diff.words import noun, phrase, together, value, written

# Mappings whose keys are no fields: what a key is.
KEYS_OF: Final = {
    "title": "title in {}", "message": "message in {}", "label": "label in {}", "lifecycle": "on {}",
    "contact_weights": "weight of a contact on {}", "extra_consents": "for {}", "context": "weight in {}",
    "tones": "words of {}",
}  # fmt: skip

# Fields of a policy whose entries have names; what comes after such a field in a place is a name.
COLLECTIONS: Final = frozenset({
    "actions", "attributes", "caps", "channels", "consents", "dates", "exclusions", "features", "follow_ups", "groups",
    "journeys", "models", "needs", "quiet_hours", "sequences", "spacings", "stages", "suppressions", "themes",
    "touchpoints", "treatments", "weights",
})  # fmt: skip

# Entries without a name: their words are their name.
NAMELESS: Final = frozenset({"when", "moves"})

# The order of these says more than preference.
ORDERS: Final = {
    "themes": "the order of the themes is now {}; it decides between themes that fit a text equally well",
    "tones": "the order of the tones is now {}; it decides between tones that fit a text equally well",
    "languages": "the languages are now {}; the first is the default",
    "moves": "the moves are tried in another order; the first that fits counts",
    "ideal": "the ideal path is now {}",
    "segments": "the order of the segments is now {}; the first that fits counts",
    "treatments": "its treatments stand in another order: {}",
}


class Sentence(NamedTuple):
    """One change in words. names: of the entries at which it is the same. differences: one for each of them."""

    text: str
    names: tuple[str, ...]
    differences: tuple[Difference, ...]

    def data(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        first = self.differences[0]
        return {
            "sentence": self.text,
            "kind": first.kind.value,
            "names": list(self.names),
            "place": list(first.place),
            "field": first.field,
            "before": _builtins(first.before),
            "after": _builtins(first.after),
        }


def sentences(found: Iterable[Difference], zone: str) -> list[Sentence]:
    """The differences in words, in their order. zone: of the policy's dates."""
    merged: dict[tuple[object, ...], list[Difference]] = {}
    for one in found:
        merged.setdefault(_alike(one), []).append(one)
    return [_sentence(group, zone) for group in merged.values()]


def _alike(one: Difference) -> tuple[object, ...]:
    """The same for all differences that are one sentence."""
    at = _entry_at(one.place)
    elsewhere = (*one.place[:at], "", *one.place[at + 1 :]) if at >= 0 else one.place
    if one.field:
        return elsewhere, one.kind, one.field, repr((one.before, one.after))
    if _nameless(one):
        return one.place, one.kind
    if len(one.place) > at + 1:  # an entry within an entry
        return one.place, one.kind
    return elsewhere, one.kind, _base(one.place[at]) if one.kind is Kind.ADDED else ""


def _nameless(one: Difference) -> bool:
    """A trigger, or a move: its words are its name."""
    return not one.field and one.place[-1] in NAMELESS


def _base(name: str) -> str:
    """Of a cap that is there for each theme, the name without the theme."""
    return name.partition(":")[0]


def _entry_at(place: Sequence[str]) -> int:
    """Where in `place` the name of the entry stands; -1 for none."""
    return next((n for n in range(1, len(place)) if place[n - 1] in COLLECTIONS), -1)


def _sentence(group: Sequence[Difference], zone: str) -> Sentence:
    first = group[0]
    at = _entry_at(first.place)
    names = tuple(dict.fromkeys(one.place[at] for one in group)) if at >= 0 else ()
    subject = _subject(first, at, names)
    if first.field:
        return Sentence(f"{subject}: {_said(first, zone)}", names, tuple(group))
    many = len({_base(one.place[-1]) for one in group}) > 1 or (_nameless(first) and len(group) > 1)
    became = f"{'are' if many else 'is'} {'new' if first.kind is Kind.ADDED else 'gone'}"
    if _nameless(first):
        quoted = ", ".join(f"“{_brief(one, zone)}”" for one in group)
        return Sentence(f"{subject}{'s' * many} {quoted} {became}", names, tuple(group))
    brief = _brief(first, zone) if first.kind is Kind.ADDED else ""
    return Sentence(f"{subject} {became}{f': {brief}' if brief else ''}", names, tuple(group))


def _brief(one: Difference, zone: str) -> str:
    entry = one.after if one.kind is Kind.ADDED else one.before
    if isinstance(entry, Cap) and ":" in entry.name:
        entry = replace(entry, themes=())
    return phrase(entry, zone) if isinstance(entry, Struct) else value("", entry, zone)


def _subject(one: Difference, at: int, names: Sequence[str]) -> str:
    parts, place, n = [], one.place, 0
    inside = place[:-1] if _is_map(one) and len(place) > 1 else place
    while n < len(inside):
        part = inside[n]
        if part in COLLECTIONS and n + 1 < len(inside):
            parts.append(f"{noun(part)} {place[n + 1]}" if n + 1 != at else _named(noun(part), names))
            n += 2
            continue
        if part != "contact" or len(inside) == 1:
            parts.append(noun(part))
        n += 1
    return ", ".join(parts) or "policy"


def _named(what: str, names: Sequence[str]) -> str:
    """ "cap a", "caps a, b"; a cap that is there for each theme once."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(_base(name), []).append(name)
    shown = [f"{base} (of {len(all_)} themes)" if len(all_) > 1 else all_[0] for base, all_ in alike.items()]
    return f"{what}{'s' * (len(shown) > 1)} {', '.join(shown)}"


def _said(one: Difference, zone: str) -> str:
    if one.kind is Kind.ORDER:
        names = ", ".join(entry for entry in one.after if isinstance(entry, str))
        return ORDERS.get(one.field, "{} stand in another order").format(names)
    if "+" in one.field:
        before, after = (together(one.owner, held, zone) for held in (one.before, one.after))
        return f"{before} becomes {after}"
    label = KEYS_OF.get(one.place[-1], "{}").format(one.field) if _is_map(one) else written(one.field)
    return f"{label} {_becomes(one, zone)}"


def _is_map(one: Difference) -> bool:
    """Is `field` a key of the mapping at `place`, rather than a field of a struct?"""
    return bool(one.field) and one.field not in one.owner.__struct_fields__ and "+" not in one.field


def _becomes(one: Difference, zone: str) -> str:
    before, after = one.before, one.after
    if before and after and isinstance(before, tuple | frozenset) and isinstance(after, tuple | frozenset):
        come = [value("", e, zone) for e in after if e not in before]
        gone = [value("", e, zone) for e in before if e not in after]
        parts = [f"{word} {', '.join(sorted(these))}" for word, these in (("adds", come), ("drops", gone)) if these]
        return "; ".join(parts)
    field = one.field
    return f"{value(field, before, zone)} becomes {value(field, after, zone)}"


def _builtins(given: Any) -> Any:
    return to_builtins(given, enc_hook=lambda other: plain(other) if callable(other) else str(other))
