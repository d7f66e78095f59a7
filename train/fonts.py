#!/usr/bin/env python3
"""Turn the @fontsource packages of fonts.json into banks of digit glyphs.

usage: fonts.py NPM_DIR OUT_DIR

Writes OUT_DIR/train.bank and OUT_DIR/held.bank: for each glyph font, digit, width and height as
little-endian uint16, then its pixels (ink 0-255, longer side 96). Refuses a package whose licence
is not the one that fonts.json states.
"""
import io
import json
import os
import re
import struct
import sys
import tarfile

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

HERE = os.path.dirname(os.path.abspath(__file__))
LONG_SIDE = 96


def licence_of(text):
    if "Open Font License" in text or "OFL" in text:
        return "OFL-1.1"
    return "Apache-2.0" if "Apache" in text else "unknown"


def faces(package):
    """Lightest and heaviest upright face that has all ten digits, as TrueType bytes."""
    names = package.getnames()
    files = [n for n in names if re.search(r"-latin-\d+-normal\.woff2$", n)]
    files = files or [n for n in names if re.search(r"-\d+-normal\.woff2$", n)]
    weight = lambda n: int(re.search(r"-(\d+)-normal", n).group(1))
    weights = sorted({weight(n) for n in files})
    for w in sorted({weights[0], weights[-1]}):
        for name in sorted(n for n in files if weight(n) == w):
            font = TTFont(io.BytesIO(package.extractfile(name).read()))
            if all(ord(c) in font.getBestCmap() for c in "0123456789"):
                font.flavor = None
                out = io.BytesIO()
                font.save(out)
                yield w, out.getvalue()
                break


def glyph(face, digit):
    canvas = Image.new("L", (400, 400), 0)
    ImageDraw.Draw(canvas).text((110, 70), str(digit), font=face, fill=255)
    ink = canvas.crop(canvas.getbbox())
    k = LONG_SIDE / max(ink.size)
    return ink.resize([max(2, round(s * k)) for s in ink.size], Image.BOX if k < 1 else Image.BILINEAR)


def main(npm_dir, out_dir):
    os.makedirs(out_dir, exist_ok=True)
    banks = {name: open(os.path.join(out_dir, name + ".bank"), "wb") for name in ("train", "held")}
    number = 0
    for entry in json.load(open(os.path.join(HERE, "fonts.json"))):
        path = os.path.join(npm_dir, "fontsource-%s-%s.tgz" % (entry["name"], entry["version"]))
        with tarfile.open(path) as package:
            found = licence_of(package.extractfile("package/LICENSE").read().decode("utf8", "replace"))
            if found != entry["licence"]:
                sys.exit("%s: licence is %s, fonts.json says %s" % (path, found, entry["licence"]))
            for weight, data in faces(package):
                face = ImageFont.truetype(io.BytesIO(data), 150)
                for digit in range(10):
                    image = glyph(face, digit)
                    bank = banks["held" if entry.get("held_out") else "train"]
                    bank.write(struct.pack("<4H", number, digit, *image.size) + image.tobytes())
                number += 1
    print(number, "faces")


if __name__ == "__main__":
    main(*sys.argv[1:])
