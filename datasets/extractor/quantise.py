"""Writes a trained network as the engine runs it: whole numbers, in the layout of src/extraction/network/read.rs.

usage: quantise.py FILE.f16 OUT.bmnet NAME [--crops N]

The units of each layer's numbers come from the greatest values on crops of a seed that training never uses, with half as
much again in reserve. Layers that are added share a unit.
"""

import argparse
import struct
from pathlib import Path

import torch
import torch.nn.functional as F

from crops import Crops
from export import folded, read_into
from network import MOST as CUT
from network import Network

SEED = 999_979                # neither of training nor of validation
GREATEST = 4095               # magnitude of a layer's numbers
OUTPUT_UNIT = 1 / 256
RESERVE = 1.5
CONVOLVE, ENLARGE, NONE = 1, 2, 255
OUTPUTS = 16                  # made together by the engine


class Step:
    """What makes a map of other maps: maps are told by number, 0 is the input."""

    def __init__(self, source, added=None, layer=None, relu=True, group=None):
        self.source, self.added, self.layer, self.relu, self.group = source, added, layer, relu, group


def graph(network):
    """The steps in the order of running."""
    steps, layer = [], iter(range(1000))

    def convolve(source, added=None, relu=True, group=None):
        steps.append(Step(source, added, next(layer), relu, group))
        return len(steps)

    def residual(x, group):
        return convolve(convolve(x), x, group=group)

    near = convolve(convolve(convolve(0)), group="quarter")
    for _ in range(2):
        near = residual(near, "quarter")
    far = convolve(near, group="eighth")
    for _ in range(len(network.at_eighth) - 1):
        far = residual(far, "eighth")
    far = convolve(far, relu=False, group="quarter")
    steps.append(Step(far, near, group="quarter"))
    convolve(convolve(residual(len(steps), "quarter")), relu=False)
    return steps


def run(steps, layers, x):
    """Every map, in floats."""
    maps = [F.pixel_unshuffle(x, 2)]
    for step in steps:
        source = maps[step.source]
        if step.layer is None:
            out = F.interpolate(source, scale_factor=2, mode="bilinear", align_corners=False)
        else:
            weights, bias, stride, dilation = layers[step.layer]
            out = F.conv2d(source, weights, bias, stride, dilation * (weights.shape[2] // 2), dilation)
        if step.added is not None:
            out = out + maps[step.added]
        maps.append(F.relu(out) if step.layer is not None and step.relu else out)
    return maps


def units(steps, greatest):
    """The unit of each map's numbers."""
    found = [CUT / GREATEST]
    for at, step in enumerate(steps, 1):
        group = [greatest[other] for other, of in enumerate(steps, 1) if step.group and of.group == step.group]
        found.append(RESERVE * max(group or [greatest[at]]) / GREATEST)
    found[-1] = OUTPUT_UNIT
    return found


def padded(count):
    return -(-count // OUTPUTS) * OUTPUTS


def layer_bytes(layer, unit_in, unit_out, most_in, channels_in):
    weights, bias, _, _ = layer
    outputs, inputs, side, _ = weights.shape
    body = b""
    for output in range(padded(outputs)):
        if output >= outputs:
            body += struct.pack("<2f", 0, 0) + bytes(2 * side * side * channels_in)
            continue
        of_output = weights[output].double()
        # The greatest whole numbers whose sums 32 bits hold.
        factor = min(32_000 / of_output.abs().max().item(), 2.1e9 / (of_output.abs().sum().item() * most_in))
        numbers = torch.zeros(side, side, channels_in, dtype=torch.int16)
        numbers[:, :, :inputs] = (of_output * factor).round().permute(1, 2, 0).to(torch.int16)
        body += struct.pack("<2f", unit_in / factor / unit_out, bias[output].item() / unit_out)
        body += numbers.numpy().astype("<i2").tobytes()
    return body


def quantised(network, name, crops):
    layers = folded(network.eval())
    steps = graph(network)
    greatest = torch.zeros(len(steps) + 1)
    with torch.no_grad():
        for x in crops:
            for at, values in enumerate(run(steps, layers, x)):
                greatest[at] = max(greatest[at], values.abs().max())
    unit = units(steps, greatest.tolist())
    channels, most = [4], [GREATEST]
    data = b"BMNETW01" + bytes([len(name)]) + name.encode("ascii")
    data += struct.pack("<f3H", OUTPUT_UNIT, GREATEST, 4, len(steps))
    for at, step in enumerate(steps, 1):
        added = NONE if step.added is None else step.added
        if step.layer is None:
            data += bytes([ENLARGE, step.source, added])
            channels.append(channels[step.source])
            most.append(most[step.source] + most[step.added])
            continue
        weights, _, stride, dilation = layers[step.layer]
        outputs, _, side, _ = weights.shape
        most.append(32_767 if at == len(steps) else GREATEST)
        channels.append(padded(outputs))
        data += bytes([CONVOLVE, step.source, added, side, stride, dilation, int(step.relu)])
        data += struct.pack("<2H", most[at], channels[at])
        source = step.source
        data += layer_bytes(layers[step.layer], unit[source], unit[at], most[source], channels[source])
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("name")
    parser.add_argument("--crops", type=int, default=64)
    arguments = parser.parse_args()
    network = read_into(Network(), arguments.weights)
    crops = Crops(SEED, 240, 24, 0, arguments.crops // 2)
    inputs = [crops.read(2)[0]["input"] for _ in range(arguments.crops // 2)]
    crops.close()
    arguments.out.write_bytes(quantised(network, arguments.name, inputs))


if __name__ == "__main__":
    main()
