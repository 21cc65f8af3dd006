"""Writes three small generated pictures with what the network says about them, for tests of other implementations.

usage: fixture.py WEIGHTS.f16 OUT

Per picture N, all below 20 kB: N.pgm (64 x 64); N.input, the normalised picture, and N.planes, the network's 12 planes
of 16 x 16 cells (f32, little-endian, by planes and rows); N.csv, the decoded minutiae: x, y, angle in degrees, heat.
"""

import math
import sys
from pathlib import Path

import torch

from crops import Crops
from decode import decode, planes_of
from export import read_into
from network import Network, normalise

SEED, SIZE, PAIRS = 31, 64, 3


def main():
    weights, out = map(Path, sys.argv[1:3])
    out.mkdir(parents=True, exist_ok=True)
    network = read_into(Network(), weights)
    crops = Crops(SEED, SIZE, 2, 0, PAIRS)
    greys = crops.read_grey(2 * PAIRS)[::2]
    crops.close()
    for number, grey in enumerate(greys):
        with torch.no_grad():
            planes = planes_of(network, grey)
            seen = normalise(grey[None, None])
        pixels = (grey * 255).round().to(torch.uint8).numpy().tobytes()
        (out / f"{number}.pgm").write_bytes(b"P5 %d %d 255\n" % (SIZE, SIZE) + pixels)
        (out / f"{number}.input").write_bytes(seen.numpy().astype("<f4").tobytes())
        (out / f"{number}.planes").write_bytes(planes.numpy().astype("<f4").tobytes())
        rows = [f"{x:.3f},{y:.3f},{math.degrees(a) % 360:.2f},{h:.4f}" for x, y, a, h in decode(planes, SIZE, SIZE)]
        (out / f"{number}.csv").write_text("\n".join(["x,y,angle,heat", *rows]) + "\n")


if __name__ == "__main__":
    main()
