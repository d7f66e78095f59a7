#!/usr/bin/env python3
"""Turn the @fontsource packages of fonts.json into banks of glyphs.

usage: fonts.py NPM_DIR OUT_DIR

Writes banks of handwritten digits (train, held), printed digits (print, print-held) and of
handwritten letters and kana that no digit looks like (letters, letters-held) to OUT_DIR/NAME.bank:
for each glyph font, digit (10 for letters), width and height as little-endian uint16, then its
pixels (ink 0-255, longer side 96). Refuses a package whose licence is not the one that fonts.json
states.
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
DIGITS = "0123456789"
LETTERS = "ACEFHKMNPRTUVWXYaefhkmnrtwx#%*&?"
KANA = "あいおかきけこさすせたなにぬねはひふほまむめもやゆれわをんアイウエオカキケコサシスセチテトナニネハヒホマムメモヤユヨリルレヲン個枚本箱正同上無済円年月日"


def licence_of(text):
    if "Open Font License" in text or "OFL" in text:
        return "OFL-1.1"
    return "Apache-2.0" if "Apache" in text else "unknown"


def faces(package, least):
    """Lightest (but no lighter than least) and heaviest upright face that has all ten digits, as
    TrueType bytes."""
    names = package.getnames()
    files = [n for n in names if re.search(r"-latin-\d+-normal\.woff2$", n)]
    files = files or [n for n in names if re.search(r"-\d+-normal\.woff2$", n)]
    weight = lambda n: int(re.search(r"-(\d+)-normal", n).group(1))
    weights = sorted({weight(n) for n in files})
    weights = [w for w in weights if w >= least] or weights
    for w in sorted({weights[0], weights[-1]}):
        for name in sorted(n for n in files if weight(n) == w):
            font = TTFont(io.BytesIO(package.extractfile(name).read()))
            if all(ord(c) in font.getBestCmap() for c in DIGITS):
                font.flavor = None
                out = io.BytesIO()
                font.save(out)
                yield w, out.getvalue()
                break


def kana(package):
    """Upright faces, lightest weight, with some of the kana: a package splits them over files."""
    names = [n for n in package.getnames() if re.search(r"-\d+-normal\.woff2$", n)]
    lightest = min(int(re.search(r"-(\d+)-normal", n).group(1)) for n in names)
    left = set(KANA)
    for name in sorted(n for n in names if "-%d-normal" % lightest in n):
        font = TTFont(io.BytesIO(package.extractfile(name).read()))
        found = left & {chr(c) for c in font.getBestCmap()}
        if found:
            left -= found
            font.flavor = None
            out = io.BytesIO()
            font.save(out)
            yield "".join(sorted(found)), out.getvalue()


def glyph(face, digit):
    canvas = Image.new("L", (400, 400), 0)
    ImageDraw.Draw(canvas).text((110, 70), str(digit), font=face, fill=255)
    ink = canvas.crop(canvas.getbbox())
    k = LONG_SIDE / max(ink.size)
    return ink.resize([max(2, round(s * k)) for s in ink.size], Image.BOX if k < 1 else Image.BILINEAR)


def main(npm_dir, out_dir):
    os.makedirs(out_dir, exist_ok=True)
    names = "train", "held", "print", "print-held", "letters", "letters-held"
    banks = {name: open(os.path.join(out_dir, name + ".bank"), "wb") for name in names}
    number = 0
    for entry in json.load(open(os.path.join(HERE, "fonts.json"))):
        path = os.path.join(npm_dir, "fontsource-%s-%s.tgz" % (entry["name"], entry["version"]))
        with tarfile.open(path) as package:
            found = licence_of(package.extractfile("package/LICENSE").read().decode("utf8", "replace"))
            if found != entry["licence"]:
                sys.exit("%s: licence is %s, fonts.json says %s" % (path, found, entry["licence"]))
            printed, held = entry.get("print", False), entry.get("held_out", False)

            def add(data, characters, bank):
                face = ImageFont.truetype(io.BytesIO(data), 150)
                for c in characters:
                    if face.getmask(c).getbbox() is None:
                        continue
                    image = glyph(face, c)
                    banks[bank].write(struct.pack("<4H", number, int(c) if c in DIGITS else 10, *image.size) + image.tobytes())

            for weight, data in faces(package, 400 if printed else 0):  # hairlines do not survive a fax
                add(data, DIGITS, ("print-held" if held else "print") if printed else ("held" if held else "train"))
                if not printed:
                    add(data, LETTERS, "letters-held" if held else "letters")
                number += 1
            if entry.get("kana"):
                for characters, data in kana(package):
                    add(data, characters, "letters-held" if held else "letters")
    print(number, "faces")


if __name__ == "__main__":
    main(*sys.argv[1:])
