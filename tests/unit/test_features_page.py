"""docs/features.md has every feature that the engine has."""

from docs.features_page import PAGE, page
from garbo.core.scoring.catalogue import CATALOGUE


def test_the_page_is_what_the_code_says() -> None:
    """Otherwise: `make docs`."""
    assert PAGE.read_text("utf-8") == page()


def test_every_feature_is_on_it() -> None:
    text = page()
    assert [] == [name for name in CATALOGUE if f"`{name}" not in text]
