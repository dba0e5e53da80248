"""Fields for numbers take what is clearly a number within their bounds, and refuse the rest aloud."""

import pytest

from helpers.lab.fields import NumberField, Refused, SecondsField, fold

SILLY = [
    "", " ", "0", "-3", "+3", "1e6", "3.7", "3,7", "1,00", "1,0000", "one", "٣", "0x10", "1/2", "nan", "inf", "None",
    "1000001", "9" * 5000, "<b>1</b>", "1\n2", "1 2", "__import__('os')",
]  # fmt: skip


@pytest.fixture
def field():
    return NumberField(5, "Rows", 1_000_000, 100)


@pytest.mark.parametrize("text", ["1", " 42 ", "1000000", "1,000,000", "1_000", "1 000", "007"])
def test_a_whole_number_is_read_with_or_without_marks_between_its_thousands(field, text):
    field.value = text
    assert field.read() == int(text.strip().replace(",", "").replace("_", "").replace(" ", ""))
    assert "refused" not in field._dom_classes


@pytest.mark.parametrize("text", SILLY, ids=lambda text: ascii(text)[:20])
def test_anything_else_is_kept_marked_and_refused_in_one_short_sentence(field, text):
    field.value = text
    assert field.value == text
    assert "refused" in field._dom_classes
    with pytest.raises(Refused, match="^Rows: a whole number from 1 to 1,000,000, please, not ") as refusal:
        field.read()
    assert len(str(refusal.value)) < 100


def test_a_cell_can_set_a_number(field):
    field.value = 300
    assert field.read() == 300


def test_the_bounds_can_change_and_are_told_in_the_tooltip(field):
    field.value = 2000
    field.bound(1000)
    assert "refused" in field._dom_classes
    assert field.tooltip == "a whole number from 1 to 1,000"


@pytest.mark.parametrize(("text", "seconds"), [("", None), (" ", None), ("1.5", 1.5), ("2", 2.0), (".5", 0.5)])
def test_a_prediction_is_a_time_or_nothing(text, seconds):
    field = SecondsField("I think it takes", 1000, 180)
    field.value = text
    assert field.read() == seconds


@pytest.mark.parametrize("text", ["0", "-1", "1e3", "nan", "inf", "soon", "1,5", "1001", "9" * 400, "0.0000000001"])
def test_a_prediction_that_is_no_time_is_refused(text):
    field = SecondsField("I think it takes", 1000, 180)
    field.value = text
    assert "refused" in field._dom_classes
    with pytest.raises(Refused, match="I think it takes: a number of seconds above 0, such as 1.5, please, not "):
        field.read()


def test_a_fold_hides_and_shows(field):
    button = fold("More", "tip", field)
    assert field.layout.display == "none"
    button.value = True
    assert field.layout.display is None
