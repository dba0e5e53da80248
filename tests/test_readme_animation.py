"""The moving picture of README: frames that are alike become one, and colours that mean something stay as they are."""

import io

import pytest
from PIL import Image

from helpers.drawing.picture import COLOURS
from tools import readme_animation
from tools.readme_animation import BLOCK, README, distinct, save


def plain(colour: str) -> Image.Image:
    return Image.new("RGB", (400, 20), colour)


def test_frames_that_are_alike_become_one_that_is_shown_for_longer():
    frames = [(plain(colour), 1.0) for colour in ("white", "white", "black", "white")]
    assert [(frame.getpixel((0, 0)), seconds) for frame, seconds in distinct(frames)] == [
        ((255, 255, 255), 2.0),
        ((0, 0, 0), 1.0),
        ((255, 255, 255), 1.0),
    ]


def test_a_colour_of_the_course_is_kept_however_little_of_it_is_seen():
    busy = Image.effect_noise((400, 200), 90).convert("RGB")
    busy.paste(COLOURS["returning"], (0, 0, 2, 2))
    (frame, _), *_ = distinct([(busy, 1.0)])
    wanted = Image.new("RGB", (1, 1), COLOURS["returning"]).getpixel((0, 0))
    assert max(abs(a - b) for a, b in zip(frame.getpixel((0, 0)), wanted, strict=True)) <= 16


def test_it_moves_when_it_is_read_again(tmp_path):
    frames = [(plain(colour), seconds) for colour, seconds in (("white", 0.5), ("black", 1.5))]
    size = save(frames, tmp_path / "run.webp")
    picture = Image.open(io.BytesIO((tmp_path / "run.webp").read_bytes()))
    assert (picture.n_frames, size) == (2, (tmp_path / "run.webp").stat().st_size)


def test_a_picture_that_is_too_large_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(readme_animation, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match="10 is the most"):
        save([(plain("white"), 1.0), (plain("black"), 1.0)], tmp_path / "run.webp")
    assert not list(tmp_path.iterdir())


def test_the_readme_has_a_place_for_it():
    assert BLOCK.search(README.read_text(encoding="utf-8"))
