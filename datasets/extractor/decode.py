"""From the network's planes to minutiae. README.md has the rule in words."""

import math

import torch
import torch.nn.functional as F

from network import CELL, mirrored, normalise

LEAST_HEAT = 0.25
NEAR = 6.0           # pixels: of two minutiae nearer than this the stronger stays
NEAR_FACING = 4.0    # the same if they point apart (cosine of their difference at most -0.2)
MOST = 255


def decode(planes, width, height, least=LEAST_HEAT):
    """Planes of one picture, heat and visibility as logits. Returns (x, y, angle, heat), strongest first: pixels from
    the middle of the top left pixel; radians counter-clockwise from east."""
    heat = torch.sigmoid(planes[0])
    peak = F.max_pool2d(heat[None, None], 3, 1, 1)[0, 0]
    rows, columns = torch.nonzero((heat >= peak) & (heat >= least), as_tuple=True)
    values = planes[:, rows, columns]
    x = CELL * columns + 1.5 + CELL * values[1].clamp(-1.5, 1.5)
    y = CELL * rows + 1.5 + CELL * values[2].clamp(-1.5, 1.5)
    angle = torch.atan2(-values[4], values[3])
    found = torch.stack([x, y, angle, heat[rows, columns]], 1)
    kept = []
    for x, y, angle, h in found[torch.argsort(-found[:, 3], stable=True)].tolist():
        if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
            continue
        reach = lambda other: NEAR if math.cos(angle - other[2]) > -0.2 else NEAR_FACING
        if all((x - o[0]) ** 2 + (y - o[1]) ** 2 > reach(o) ** 2 for o in kept):
            kept.append((x, y, angle, h))
    return kept[:MOST]


def planes_of(network, grey, passes=1):
    """The planes of a picture (H, W) of grey values 0 to 1: of one pass, or the mean of mirrored ones."""
    height, width = grey.shape
    padded = F.pad(grey[None, None], (0, -width % 8, 0, -height % 8), mode="replicate")
    x = normalise(padded)
    if passes == 1:
        return network(x)[0]
    total, weight = 0, 0
    for across, down in [(False, False), (True, False), (False, True), (True, True)][:passes]:
        sides = [side for side, on in ((-1, across), (-2, down)) if on]
        planes = mirrored(network(x.flip(sides) if sides else x), across, down)[0]
        planes[[0, 11]] = torch.sigmoid(planes[[0, 11]])
        share = planes[:1] + 0.01
        total = total + torch.cat([planes[:1], planes[1:5] * share, planes[5:]])
        weight = weight + share
    mean = total / passes
    mean[1:5] = total[1:5] / weight
    mean[[0, 11]] = torch.logit(mean[[0, 11]].clamp(1e-4, 1 - 1e-4))
    return mean
