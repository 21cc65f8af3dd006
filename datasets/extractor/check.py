"""Checks what does not need a trained network: mirrors, folding, the file of weights, decoding.

usage: check.py
"""

import math
import tempfile
from pathlib import Path

import torch

from crops import Crops, mirror_batch
from decode import decode, planes_of
from export import read_into, write_weights
from network import PLANES, Network, mirrored

WANTED = ("offset", "direction", "pattern", "angle", "visibility")


def planes_wanted(batch):
    """The planes that a perfect network would give."""
    heat = torch.logit(batch["heat"].clamp(1e-4, 1 - 1e-4))
    return torch.cat([heat, *(batch[name] for name in WANTED)], 1)


def main():
    torch.manual_seed(1)
    crops = Crops(3, 96, 4, 0, 2)
    batch, points = crops.read(4)
    crops.close()
    planes = planes_wanted(batch)
    assert planes.shape == (4, PLANES, 24, 24)
    for across, down in [(False, False), (True, False), (False, True), (True, True)]:
        back = mirrored(planes_wanted(mirror_batch(batch, across, down)), across, down)
        assert torch.equal(back, planes), (across, down)

    for one, crop, use in zip(planes, points, batch["use"]):
        seen = [m for m in crop if m[5] in (1, 2) and m[4] >= 0.5]
        for x, y, angle, _ in decode(one, 96, 96, 0.6):
            m = min(seen, key=lambda m: math.hypot(m[0] - x, m[1] - y))
            assert math.hypot(m[0] - x, m[1] - y) < 0.2
            assert abs(math.remainder(angle + math.atan2(m[3], m[2]), 2 * math.pi)) < 0.02

    network = Network()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2.0)
    network.eval()
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        path = Path(folder) / "weights"
        write_weights(network, path)
        assert path.stat().st_size < 1_500_000
        copy = read_into(Network(), path)
        a, b = (planes_of(n, torch.rand(90, 70, generator=torch.manual_seed(2))) for n in (network, copy))
        assert (a - b).abs().max() < 0.02 * a.abs().max(), (a - b).abs().max()
    print("all checks passed")


if __name__ == "__main__":
    main()
