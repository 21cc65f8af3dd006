"""Compares the minutiae that biomatch found with LEADER with those that onnxruntime finds with it.

usage: leader.py LEADER.onnx PICTURES RECORDS   (RECORDS is what the program `minutiae` wrote)

Needs numpy, pillow and onnxruntime. Prints a table by database; times are processor time on one thread, the better of
two runs.
"""

import csv
import struct
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy
import onnxruntime
from PIL import Image

DPI = {"fvc2002_DB2_B": 569, "fvc2004_DB3_B": 512}
LEAST = 0.2
MOST = 255
MULTIPLE = 32


def weights(old, new):
    """What each new pixel of a side is made of: means of what it covers, or linear between the nearest."""
    step, rows = numpy.float32(old) / numpy.float32(new), numpy.zeros((new, old), numpy.float32)
    for at in range(new):
        if step > 1:
            start, end = at * step, min((at + 1) * step, old)
            for pixel in range(int(start), min(int(numpy.ceil(end)), old)):
                rows[at, pixel] = max(min(end, pixel + 1) - max(start, pixel), 0)
            rows[at] /= rows[at].sum()
        else:
            middle = min(max((at + 0.5) * step - 0.5, 0), old - 1)
            first = int(middle)
            rows[at, first] += 1 - (middle - first)
            rows[at, min(first + 1, old - 1)] += middle - first
    return rows


def at_500_dpi(pixels, dpi):
    if dpi == 500:
        return pixels
    # As biomatch has it: whole pixels per centimetre.
    density = round(dpi / 2.54)
    height, width = ((side * 197 + density // 2) // density for side in pixels.shape)
    scaled = weights(pixels.shape[0], height) @ (pixels @ weights(pixels.shape[1], width).T)
    return numpy.clip(numpy.round(scaled), 0, 255).astype(numpy.float32)


def oracle(session, pixels):
    height, width = pixels.shape
    whole = [-(-side // MULTIPLE) * MULTIPLE for side in pixels.shape]
    top, left = (whole[0] - height) // 2, (whole[1] - width) // 2
    canvas = numpy.full(whole, pixels[0, 0], numpy.float32)
    canvas[top : top + height, left : left + width] = pixels
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        output = session.run(None, {"input": canvas[None, :, :, None]})[0][0]
        best = min(best, time.process_time() - start)
    output = output[top : top + height, left : left + width]
    found = [(float(output[y, x, 3]), y, x) for y, x in numpy.argwhere(output[..., 3] >= LEAST)]
    found.sort(key=lambda one: (-one[0], one[1], one[2]))
    minutiae = []
    for quality, y, x in found[:MOST]:
        turn = float(output[y, x, 1]) / (2 * numpy.pi) * 256
        kind = 1 if output[y, x, 2] >= 0.5 else 2
        minutiae.append((int(x), int(y), kind, int(round(turn)) % 256, max(1, round(quality * 100))))
    return minutiae, best


def record(path):
    data = path.read_bytes()
    count = data[27]
    read = (struct.unpack(">HHBB", data[28 + 6 * at : 34 + 6 * at]) for at in range(count))
    return [(x & 0x3FFF, y, x >> 14, angle, quality) for x, y, angle, quality in read]


def main():
    model, pictures, records = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options)
    sums = defaultdict(lambda: defaultdict(float))
    for row in csv.DictReader((records / "minutiae.csv").open()):
        database = row["file"].split("/")[0]
        with Image.open(pictures / f"{row['file']}.png") as image:
            pixels = numpy.asarray(image.convert("L")).astype(numpy.float32)
        theirs, seconds = oracle(session, at_500_dpi(pixels, DPI.get(database, 500)))
        ours = record(records / f"{row['file']}.iso")
        same = {(x, y): rest for x, y, *rest in theirs}
        pairs = [(rest, same[x, y]) for x, y, *rest in ours if (x, y) in same]
        for total in (sums[database], sums["all"]):
            total["pictures"] += 1
            total["ms"] += float(row["ms"])
            total["their ms"] += seconds * 1e3
            total["ours"] += len(ours)
            total["theirs"] += len(theirs)
            total["same place"] += len(pairs)
            total["kind"] += sum(a[0] != b[0] for a, b in pairs)
            total["angle"] += sum(a[1] != b[1] for a, b in pairs)
            total["quality"] += sum(a[2] != b[2] for a, b in pairs)
            total["records"] += sorted(ours) != sorted(theirs)
    print("| database | pictures | minutiae | onnxruntime's | at the same pixel | other kind | other angle byte | other quality | records that differ | ms per picture | onnxruntime's | ratio |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for name, total in sorted(sums.items()):
        many = total["pictures"]
        counts = (f"{total[key]:.0f}" for key in ("pictures", "ours", "theirs", "same place", "kind", "angle", "quality", "records"))
        ms, their_ms = total["ms"] / many, total["their ms"] / many
        print(f"| {name} | {' | '.join(counts)} | {ms:.0f} | {their_ms:.0f} | {ms / their_ms:.2f} |")


main()
