"""Writes ISO/IEC 19794-2:2005 records of pictures, to see how a trained network does on real ones.

usage: extract.py WEIGHTS.f16|FILE.pt PICTURES OUT [--passes 1|2|4] [--least HEAT] [--folders NAME,...]

PICTURES has folders of pictures named FINGER_IMPRESSION.EXTENSION; OUT gets the same names with .iso. Every picture is
taken to have 500 dpi. Needs Pillow.
"""

import argparse
import math
import struct
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from decode import LEAST_HEAT, decode, planes_of
from export import read_into
from network import Network


def record(minutiae, width, height):
    """One finger view; y down, angles counter-clockwise from east in 256ths of a turn, qualities 1 to 100."""
    points = b""
    for x, y, angle, heat in minutiae:
        turn = round(angle * 256 / (2 * math.pi)) % 256
        points += struct.pack(">HHBB", round(x), round(y), turn, max(1, min(100, round(100 * heat * heat))))
    view = struct.pack(">BBBB", 0, 0, 80, len(minutiae)) + points + struct.pack(">H", 0)
    head = struct.pack(">HHHHHBB", 0, width, height, 197, 197, 1, 0)
    return b"FMR\0 20\0" + struct.pack(">I", 12 + len(head) + len(view)) + head + view


def load(path):
    network = Network()
    if path.suffix == ".pt":
        network.load_state_dict(torch.load(path, map_location="cpu"))
        return network.eval()
    return read_into(network, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--passes", type=int, default=1, choices=(1, 2, 4))
    parser.add_argument("--least", type=float, default=LEAST_HEAT)
    parser.add_argument("--folders", default="")
    options = parser.parse_args()
    network = load(options.weights)
    count = total = 0
    for folder in options.folders.split(",") if options.folders else sorted(p.name for p in options.pictures.iterdir()):
        (options.out / folder).mkdir(parents=True, exist_ok=True)
        for path in sorted((options.pictures / folder).iterdir()):
            grey = torch.from_numpy(np.asarray(Image.open(path).convert("L"), np.float32) / 255)
            with torch.no_grad():
                planes = planes_of(network, grey, options.passes)
            minutiae = decode(planes, grey.shape[1], grey.shape[0], options.least)
            count, total = count + 1, total + len(minutiae)
            (options.out / folder / f"{path.stem}.iso").write_bytes(record(minutiae, grey.shape[1], grey.shape[0]))
    print(f"{count} pictures, {total / max(count, 1):.1f} minutiae per picture")


if __name__ == "__main__":
    main()
