"""A report goes between the marks, whole, and nothing else is touched."""

import pytest

from tests.chaos.paste import pasted


def test_a_report_takes_the_place_of_the_one_before() -> None:
    document = "# A\n<!-- chaos -->\nold\n<!-- /chaos -->\n## B\n"
    assert pasted(document, "new\n\n| a |\n") == "# A\n<!-- chaos -->\nnew\n\n| a |\n<!-- /chaos -->\n## B\n"
    assert pasted(pasted(document, "1"), "2") == pasted(document, "2")


def test_a_document_without_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="no place"):
        pasted("<!-- /chaos -->\n<!-- chaos -->\n", "new")
