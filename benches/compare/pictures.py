"""Compares decoded pictures with independent decoders: Pillow (with OpenJPEG and libjpeg), and NBIS for WSQ.

usage: pictures.py FOLDER   (which `cargo run --release --example picture_decoders FOLDER` wrote)

Needs numpy, pillow and wsq. Prints a table by format: pixels off are samples that differ from the other decoder's.
"""

import csv
import io
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy
import wsq  # noqa: F401, teaches Pillow WSQ
from PIL import Image, ImageOps

ROUNDS = 3


def decode(payload):
    with Image.open(io.BytesIO(payload)) as image:
        image.load()
        image = ImageOps.exif_transpose(image)
        if image.mode in ("RGBA", "LA", "P", "CMYK", "YCbCr"):
            image = image.convert("RGB")
        if image.mode == "1":
            image = image.convert("L")
        return numpy.asarray(image)


def main():
    folder = Path(sys.argv[1])
    sums = defaultdict(lambda: defaultdict(float))
    for row in csv.DictReader((folder / "pictures.csv").open()):
        total = sums[row["format"]]
        width, height, channels = (int(row[name]) for name in ("width", "height", "channels"))
        ours = numpy.frombuffer((folder / f"{row['number']}.pixels").read_bytes(), dtype=numpy.uint8)
        payload = (folder / f"{row['number']}.payload").read_bytes()
        total["pictures"] += 1
        total["ms"] += float(row["ms"])
        best = float("inf")
        try:
            for _ in range(ROUNDS):
                start = time.process_time()
                theirs = decode(payload)
                best = min(best, time.process_time() - start)
        except Exception as error:  # any failure of the other decoder is a line of the report
            print(f"{row['number']} ({row['file']}): the other decoder: {error}", file=sys.stderr)
            total["refused"] += 1
            continue
        total["their ms"] += best * 1e3
        if theirs.dtype != numpy.uint8 or theirs.size != ours.size:
            print(f"{row['number']} ({row['file']}): {theirs.shape} of {theirs.dtype}", file=sys.stderr)
            total["refused"] += 1
            continue
        apart = numpy.abs(ours.astype(int) - theirs.reshape(-1).astype(int))
        total["samples"] += width * height * channels
        total["off"] += int((apart > 0).sum())
        total["pictures off"] += int(apart.max() > 0)
        total["most"] = max(total["most"], int(apart.max()))

    print("| format | pictures | ms per picture | the other's | samples | samples off | most levels off | pictures off | not compared |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, total in sorted(sums.items()):
        many, compared = total["pictures"], max(total["pictures"] - total["refused"], 1)
        print(
            f"| {name} | {many:.0f} | {total['ms'] / many:.2f} | {total['their ms'] / compared:.2f} | {total['samples']:.0f} "
            f"| {total['off']:.0f} | {total['most']:.0f} | {total['pictures off']:.0f} | {total['refused']:.0f} |"
        )


main()
