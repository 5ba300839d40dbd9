"""Themes, as themes.yaml describes them: what customers speak of."""

from collections.abc import Mapping

from msgspec import Struct


class Theme(Struct, frozen=True):
    """words: lower case; each of them in a free text is a sign of the theme. label: what a customer calls it, by
    language."""

    name: str
    words: tuple[str, ...] = ()
    label: Mapping[str, str] = {}
