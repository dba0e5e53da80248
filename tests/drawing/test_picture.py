"""A picture shows its drawing, and its text where drawings are not shown."""

from IPython.core.interactiveshell import InteractiveShell

from helpers.drawing.picture import Picture


def test_a_front_end_that_shows_plain_text_gets_the_text():
    shown, _ = InteractiveShell.instance().display_formatter.format(Picture("<svg/>", "one\ntwo"))
    assert shown["text/plain"] == "one\ntwo"
    assert "<svg/>" in shown["text/html"]
    assert str(Picture("<svg/>", "one\ntwo")) == "one\ntwo"
