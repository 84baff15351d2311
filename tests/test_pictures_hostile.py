"""Pictures that want to do harm, and odd ones that do not: what is kept is always drawn by us."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from app.files.pictures.drawing import MOST_PIXELS, drawn, written
from app.files.quota import Refused

RED, BLUE = (200, 30, 30), (30, 30, 200)


def halves(size=(40, 20), mode="RGB"):
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def near(found, wanted):
    return all(abs(one - two) < 40 for one, two in zip(found[:3], wanted, strict=True))


@pytest.fixture(autouse=True)
def _words(app):
    with app.test_request_context():
        yield


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_as_the_camera_was_held(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = halves()
    turned = {
        1: upright, 2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180), 4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE), 6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE), 8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]  # fmt: skip
    found = drawn(saved(turned, "PNG", exif=exif))
    assert found.size == (40, 20)
    assert near(found.getpixel((5, 10)), RED)
    assert near(found.getpixel((35, 10)), BLUE)


def test_places_comments_and_profiles_are_gone():
    exif = Image.Exif()
    exif[0x010E] = "secret words"
    exif.get_ifd(0x8825)[1] = "N"
    content = saved(halves((400, 200)), "JPEG", exif=exif, comment=b"secret words")
    assert b"secret words" in content
    kept = written(drawn(content))
    assert b"secret" not in kept
    again = Image.open(io.BytesIO(kept))
    assert (dict(again.getexif()), again.info.get("icc_profile"), again.format) == ({}, None, "WEBP")


def test_what_is_behind_a_picture_is_gone():
    content = saved(halves(), "PNG") + b"<script>alert(1)</script>PK\x03\x04"
    assert b"script" not in written(drawn(content))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("1", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("P", "GIF"), ("RGBA", "PNG"), ("RGBA", "WEBP"),
     ("CMYK", "JPEG"), ("L", "JPEG"), ("I;16", "PNG")],
)  # fmt: skip
def test_every_kind_of_colours_is_understood(mode, kind):
    image = (
        halves().convert("L").convert("I").point(lambda value: value * 256).convert("I;16")
        if mode == "I;16"
        else halves(mode=mode)
    )
    found = drawn(saved(image, kind))
    assert found.mode in ("RGB", "RGBA")
    left, right = found.getpixel((5, 10)), found.getpixel((35, 10))
    if mode in ("L", "LA", "1", "I;16"):
        assert left[0] == left[1] == left[2]
        assert mode == "1" or left[0] > right[0]
    else:
        assert near(left, RED)
        assert near(right, BLUE)
    Image.open(io.BytesIO(written(found))).load()


def test_what_can_be_seen_through_stays_so():
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    clear.paste((*RED, 255), (0, 0, 10, 20))
    kept = Image.open(io.BytesIO(written(drawn(saved(clear, "PNG")))))
    assert (kept.mode, kept.getpixel((15, 10))[3]) == ("RGBA", 0)
    opaque = Image.new("RGBA", (20, 20), (*RED, 255))
    assert drawn(saved(opaque, "PNG")).mode == "RGB"


def test_of_moving_pictures_the_first_is_kept():
    frames = [halves(), Image.new("RGB", (40, 20), BLUE)]
    for kind in ("GIF", "WEBP", "PNG"):
        content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        found = drawn(content)
        assert near(found.getpixel((5, 10)), RED), kind
        assert getattr(Image.open(io.BytesIO(written(found))), "n_frames", 1) == 1


def test_a_large_picture_is_made_smaller_and_a_small_one_not_larger():
    assert drawn(saved(Image.new("RGB", (4000, 1000)), "JPEG")).size == (1600, 400)
    assert drawn(saved(Image.new("RGB", (5, 3)), "PNG")).size == (5, 3)
    assert drawn(saved(Image.new("RGB", (9000, 2)), "PNG")).size == (1600, 1)


def png_of(width, height, data=b""):
    """A PNG that says how large it is; what it holds may be anything."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


HOSTILE = {
    "a bomb": png_of(60_000, 60_000),
    "just too large": png_of(MOST_PIXELS // 1000 + 1, 1000),
    "no rows": png_of(100, 100),
    "broken off": saved(halves((400, 400)), "JPEG")[:800],
    "half a PNG": saved(Image.effect_noise((200, 200), 90), "PNG")[:9_000],
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a page": b"<html><body>hello</body></html>",
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(r) file\n",
    "a TIFF": saved(halves(), "TIFF"),
    "an icon": saved(halves(), "ICO"),
    "text": b"me.png",
    "a signature alone": b"\x89PNG\r\n\x1a\n",
    "GIF of nothing": b"GIF89a\xff\xff\xff\xff\x00\x00\x00;",
    "nothing": b"\x00" * 64,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(what):
    with pytest.raises(Refused, match=r"\w{3}") as refused:
        drawn(HOSTILE[what])
    assert len(str(refused.value)) < 200


def test_the_name_of_a_file_does_not_matter(house):
    """A JPEG that is called otherwise is a picture, text that is called so is none."""
    api = house.api("owner", house.new_tenant())

    def send(content, name):
        data = {"resource": "contacts.contact", "field": "photo", "file": (io.BytesIO(content), name)}
        return api.post("/pictures", data=data, content_type="multipart/form-data").status_code

    assert send(saved(halves(), "JPEG"), "me.txt") == 201
    assert send(b"not at all", "me.jpg") == 422
