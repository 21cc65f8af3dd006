"""Reads the stream of `cargo run --release -p biomatch-datasets --example training_crops`, whose comment has the layout."""

import subprocess
from pathlib import Path

import numpy as np
import torch

from network import normalise

POINTS = 96
ROOT = Path(__file__).resolve().parents[2]


class Crops:
    """Batches of crops, without end: neighbours (0 and 1, 2 and 3, ...) are two impressions of one place."""

    def __init__(self, seed, size=160, fingers=400, first=0, pairs=1 << 40, program=None):
        program = program or ROOT / "target/release/examples/training_crops"
        arguments = [seed, pairs, size, fingers, first]
        self.process = subprocess.Popen([str(program), *map(str, arguments)], stdout=subprocess.PIPE)
        self.size, self.n = size, size // 4

    def bytes(self, count):
        length = self.size ** 2 + 13 * self.n ** 2 + POINTS * 24
        return np.frombuffer(self.process.stdout.read(count * length), np.uint8).reshape(count, length)

    def read_grey(self, count):
        """Only the pictures: grey values 0 to 1."""
        pixels = self.bytes(count)[:, : self.size ** 2].reshape(count, self.size, self.size)
        return torch.from_numpy(pixels.astype(np.float32) / 255)

    def read(self, count):
        """Inputs and what is wanted of them, and the points of each crop."""
        size, n = self.size, self.n
        raw = self.bytes(count)
        cuts = np.cumsum([size * size, 4 * n * n, n * n, n * n, 2 * n * n, 2 * n * n, 2 * n * n, n * n])
        parts = np.split(raw, cuts, axis=1)
        planes = lambda part, kind, scale, depth, side: torch.from_numpy(
            part.copy().view(kind).reshape(count, depth, side, side).astype(np.float32) / scale
        )
        batch = {
            "input": normalise(planes(parts[0], np.uint8, 255, 1, size)),
            "pattern": torch.nn.functional.pixel_unshuffle(planes(parts[1], np.int8, 127, 1, 2 * n), 2),
            "heat": planes(parts[2], np.uint8, 255, 1, n),
            "use": planes(parts[3], np.uint8, 1, 1, n),
            "offset": planes(parts[4], np.int8, 64, 2, n),
            "direction": planes(parts[5], np.int8, 127, 2, n),
            "angle": planes(parts[6], np.int8, 127, 2, n),
            "visibility": planes(parts[7], np.uint8, 255, 1, n),
        }
        points = parts[8].copy().view("<f4").reshape(count, POINTS, 6)
        return batch, points

    def close(self):
        self.process.kill()
        self.process.wait()


def mirror_batch(batch, across, down):
    """The same batch as a mirror shows it."""
    sides = [side for side, on in ((-1, across), (-2, down)) if on]
    out = {name: planes.flip(sides) for name, planes in batch.items()}
    order = [0, 1, 2, 3]
    if across:
        order = [order[1], order[0], order[3], order[2]]
    if down:
        order = order[2:] + order[:2]
    out["pattern"] = out["pattern"][:, order]
    for name in ("offset", "direction"):
        out[name] = out[name] * torch.tensor([-1.0 if across else 1.0, -1.0 if down else 1.0]).view(1, 2, 1, 1)
    if across != down:
        out["angle"] = out["angle"] * torch.tensor([1.0, -1.0]).view(1, 2, 1, 1)
    return out
