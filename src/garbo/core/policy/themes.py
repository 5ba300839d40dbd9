"""Themes, as themes.yaml describes them: what customers speak of."""

from collections.abc import Mapping

from msgspec import Struct


class Theme(Struct, frozen=True):
    """label: what a customer calls it, by language. Its words are the policy's reader's."""

    name: str
    label: Mapping[str, str] = {}
