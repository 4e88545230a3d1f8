# SPDX-License-Identifier: MIT
"""Titles of the world, fonts and logos in the strip."""
import os

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from hud import INK, only
from strip import PING, SIZES, URL, bitmap, draw, scalable, with_code, with_type


@with_type
@pytest.mark.parametrize("title, missing", [("Größe · ΑΒΓ · Жук", ""), ("פסטיבל הצפרדעים", ""), ("مهرجان", ""),
                                            ("蛙フェス", "U+86D9"), ("กบ", "U+0E01")])
def test_titles_of_the_world(title, missing):
    """What no font has is named, with the ways out."""
    strip, _ = draw((1920, 1080), PING, title=title)
    found = [line for line in draw.said.splitlines() if "no font has" in line]
    if not missing or "fonts-droid" in title:
        assert found == []
    elif found:
        assert missing in found[0] and "display.font" in found[0] and "display.logo" in found[0]
    assert only(strip.crop((0, 0, 1920, 75)), INK).getbbox()


@with_type
def test_right_to_left_is_drawn_so():
    """The first letter is the rightmost one."""
    def ink(title):
        return only(draw((1920, 1080), title=title)[0].crop((0, 0, 1920, 80)), INK)
    both, first = ink("אל"), ink("א")
    first = first.crop(first.getbbox())
    left, top, right, bottom = both.getbbox()

    def unlike(x):
        part = both.crop((x, bottom - first.height, x + first.width, bottom))
        return ImageStat.Stat(ImageChops.difference(part, first)).mean[0]
    assert unlike(right - first.width) < 40 < unlike(left)


DEJAVU = ["/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"]
DROID = ["/usr/share/fonts-droid-fallback/truetype/DroidSansFallbackFull.ttf",
         "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"]


def as_written(letters, font, size):
    """From left to right as they are given, cut to their ink."""
    page = Image.new("L", (500 * len(letters), 800))
    face = ImageFont.truetype(font, 400, layout_engine=ImageFont.Layout.BASIC)
    ImageDraw.Draw(page).text((100, 100), letters, 255, face)
    return page.crop(page.getbbox()).resize(size, Image.BOX)


@with_type
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("title, seen, fonts", [
    ("צפרדע", "עדרפצ", DEJAVU), ("مهرجان", "\ufee5\ufe8e\ufe9f\ufeae\ufeec\ufee3", DEJAVU), ("蛙フェス祭", "蛙フェス祭", DROID)],
    ids=["Hebrew", "Arabic, joined", "CJK"])
def test_titles_in_every_size(title, seen, fonts, size):
    font = next((font for font in fonts if os.path.exists(font)), None)
    if not font:
        pytest.skip("no font has it: apt-get install fonts-droid-fallback")
    strip, _ = draw(size, title=title)
    ink = only(strip.crop((0, 0, strip.width // 2, strip.height // 2)), INK)
    ink = ink.crop(ink.getbbox())
    assert ink.height > size[1] / 180 * 5, "as large as other titles"
    ink = ink.resize((ink.width * 16 // ink.height, 16), Image.BOX)  # the edges differ

    def unlike(letters):
        return ImageStat.Stat(ImageChops.difference(ink, as_written(letters, font, ink.size))).mean[0]
    assert unlike(seen) < unlike(seen[::-1]) / 2


def test_a_title_without_a_font_is_left_out():
    assert bitmap((1920, 1080), PING, title="Жук")[0].startswith("$ ping")
    assert "fonts-dejavu-core" in draw.said and "without a title" in draw.said


def logo_at(strip, colour):
    mask = [(i % strip.width, i // strip.width) for i, pixel in enumerate(strip.getdata()) if pixel == colour]
    return (min(x for x, _ in mask), min(y for _, y in mask), max(x for x, _ in mask) + 1, max(y for _, y in mask) + 1)


@with_code
@pytest.mark.parametrize("kind, size, wanted", [("RGBA", (400, 100), (156, 39)), ("RGB", (3000, 3000), (63, 63)),
                                                ("P", (16, 16), (63, 63))])
def test_a_logo(tmp_path, kind, size, wanted):
    """10.5 units high at most and 26 wide, whatever its own size."""
    Image.new("RGBA", size, (56, 183, 100, 255)).convert(kind).save(tmp_path / "logo.png")
    strip, _ = draw((1920, 1080), PING, url=URL, title="FrogCon", logo=tmp_path / "logo.png")
    box = logo_at(strip, (56, 183, 100))
    assert (box[2] - box[0], box[3] - box[1]) == wanted and abs(box[2] - (1920 - 48)) <= 1
    assert "logo" not in draw.said


@pytest.mark.parametrize("content, why", [
    (None, "No such file"), (b"GIF89a", "is not a complete PNG"), ("folder", "is not a file"), ("wide", "8192x8192 is the limit"),
    ("cut", "is not a complete PNG")])
def test_a_logo_that_is_none(tmp_path, content, why):
    """It is said, and the strip is as without."""
    path = tmp_path / "logo.png"
    if content == "folder":
        path.mkdir()
    elif content == "wide":
        Image.new("1", (20000, 4)).save(path)
    elif content == "cut":
        Image.effect_noise((64, 64), 99).save(path)
        path.write_bytes(path.read_bytes()[:1000])
    elif content:
        path.write_bytes(content)
    strip, _ = draw((1280, 720), PING, title="FrogCon", logo=path)
    assert why in draw.said and str(path) in draw.said
    assert strip.tobytes() == draw((1280, 720), PING, title="FrogCon")[0].tobytes()


def test_a_font_that_is_none(tmp_path):
    (tmp_path / "font.ttf").write_bytes(b"no font")
    strip, _ = draw((1280, 720), PING, font=tmp_path / "font.ttf")
    assert str(tmp_path / "font.ttf") in draw.said or not scalable()
    assert strip.tobytes() == draw((1280, 720), PING)[0].tobytes()
