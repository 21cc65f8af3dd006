"""Trains the network of the minutiae extractor on generated crops. README.md has the command.

usage: train.py OUT [--steps N] [--seed N] [--batch N] [--consistency W] [--start FILE.pt] [--threads N]
"""

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from crops import Crops, mirror_batch
from decode import decode
from export import write_card, write_weights
from network import Network, mirrored

VALIDATION_SEED = 999_983     # never a seed of training
REACH_HEAT = math.exp(-(7.0 ** 2) / (2 * 3.2 ** 2))
WEIGHTS = {"heat": 1.0, "offset": 0.7, "direction": 1.0, "pattern": 2.0, "angle": 0.5, "visibility": 0.5}


def losses(planes, batch):
    """The parts of the loss of one batch."""
    heat, use = batch["heat"][:, 0], batch["use"][:, 0]
    minutia, counted = (use == 2).float(), (use > 0).float()
    z = planes[:, 0]
    p = torch.sigmoid(z).clamp(1e-4, 1 - 1e-4)
    focal = minutia * (1 - p) ** 2 * F.logsigmoid(z) + (1 - minutia) * counted * (1 - heat) ** 4 * p ** 2 * F.logsigmoid(-z)
    near = (heat * (heat > REACH_HEAT))[:, None]
    total = near.sum().clamp(min=1)
    seen = ((batch["visibility"] > 0.3) & (use[:, None] > 0)).float()
    seen_total = seen.sum() + 1
    return {
        "heat": -focal.sum() / minutia.sum().clamp(min=1),
        "offset": (near * (planes[:, 1:3] - batch["offset"]).abs()).sum() / total,
        "direction": (near * (planes[:, 3:5] - batch["direction"]) ** 2).sum() / total,
        "pattern": (seen * (planes[:, 5:9] - batch["pattern"]) ** 2).sum() / (4 * seen_total),
        "angle": (seen * (planes[:, 9:11] - batch["angle"]) ** 2).sum() / (2 * seen_total),
        "visibility": F.binary_cross_entropy_with_logits(planes[:, 11:12], batch["visibility"]),
    }


def consistency(planes, batch):
    """How far the heats of two impressions of one place differ where both can be seen."""
    p = torch.sigmoid(planes[:, 0])
    seen = ((batch["visibility"] > 0.35) & (batch["use"] > 0)).float()[:, 0]
    both = seen[0::2] * seen[1::2]
    strength = torch.maximum(p[0::2], p[1::2]).detach()
    return (both * (p[0::2] - p[1::2]) ** 2).sum() / (both * strength).sum().clamp(min=1)


def validation(seed=VALIDATION_SEED, pairs=32, size=240):
    crops = Crops(seed, size, 24, 0, pairs)
    batch, points = crops.read(2 * pairs)
    crops.close()
    return batch["input"], points


def score(network, inputs, points):
    """The greatest F1 over thresholds, its threshold, and the errors of place (px) and direction (degrees)."""
    size, found, missed_of = inputs.shape[-1], [], 0
    errors = []
    inside = lambda x, y: 8 < x < size - 8 and 8 < y < size - 8
    for x, crop in zip(inputs, points):
        with torch.no_grad():
            got = decode(network(x[None])[0], size, size, 0.05)
        minutiae = [m for m in crop if m[5] in (1, 2) and inside(m[0], m[1])]
        singular = [m for m in crop if m[5] == 3]
        missed_of += sum(m[4] >= 0.5 for m in minutiae)
        taken = set()
        for gx, gy, angle, heat in got:
            if not inside(gx, gy) or any((gx - m[0]) ** 2 + (gy - m[1]) ** 2 < 100 for m in singular):
                continue
            best = None
            for k, m in enumerate(minutiae):
                distance = math.hypot(m[0] - gx, m[1] - gy)
                turn = abs((angle - math.atan2(-m[3], m[2]) + math.pi) % (2 * math.pi) - math.pi)
                if k not in taken and distance < 8 and turn < 0.6 and (best is None or distance < best[0]):
                    best = (distance, turn, k)
            if best is None:
                found.append((heat, 0))
            else:
                taken.add(best[2])
                if minutiae[best[2]][4] >= 0.5:
                    found.append((heat, 1))
                    errors.append(best[:2])
    found = np.array(found or [(0.0, 0)])
    best = (0.0, 0.0)
    for threshold in np.arange(0.05, 0.8, 0.02):
        kept = found[found[:, 0] >= threshold, 1]
        best = max(best, (float(2 * kept.sum() / (missed_of + len(kept))), float(threshold)))
    errors = np.array(errors or [(0.0, 0.0)])
    return {"f1": round(best[0], 4), "threshold": round(best[1], 2), "px": round(float(errors[:, 0].mean()), 2),
            "degrees": round(math.degrees(float(np.median(errors[:, 1]))), 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--consistency", type=float, default=0.0, help="weight of the difference of two impressions")
    parser.add_argument("--reuse", type=float, default=0.0, help="share of batches that are earlier ones, mirrored")
    parser.add_argument("--mirrors", action="store_true", help="learn from the mean of a slow copy's mirrored passes too")
    parser.add_argument("--start", type=Path, help="weights to start from")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--save", type=int, default=500, help="steps between copies")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    options.out.mkdir(parents=True, exist_ok=True)

    network = Network().to(device, memory_format=torch.channels_last)
    if options.start:
        network.load_state_dict(torch.load(options.start, map_location=device))
    slow = copy.deepcopy(network).eval()
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.99))
    stream = Crops(options.seed, options.size)
    earlier, log, started = [], [], time.time()
    for step in range(options.steps):
        if len(earlier) > 20 and rng.random() < options.reuse:
            across, down = [(True, False), (False, True), (True, True)][rng.integers(3)]
            batch = mirror_batch(earlier.pop(rng.integers(len(earlier))), across, down)
        else:
            batch, _ = stream.read(options.batch)
            if options.reuse:
                earlier = (earlier + [batch])[-60:]
        batch = {name: planes.to(device) for name, planes in batch.items()}
        warm = min(1.0, (step + 1) / min(100, options.steps))
        share = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / options.steps))
        for group in optimiser.param_groups:
            group["lr"] = options.rate * warm * share
        x = batch["input"].contiguous(memory_format=torch.channels_last)
        planes = network(x)
        parts = losses(planes, batch)
        loss = sum(WEIGHTS[name] * part for name, part in parts.items())
        if options.consistency and step > 200:
            parts["agreement"] = consistency(planes, batch)
            loss = loss + options.consistency * parts["agreement"]
        if options.mirrors and step > 200:
            with torch.no_grad():
                target = torch.sigmoid(mirrored(slow(x.flip(-1)), True, False)[:, 0])
            parts["mirror"] = ((torch.sigmoid(planes[:, 0]) - target) ** 2).sum() / target.sum().clamp(min=1)
            loss = loss + parts["mirror"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        keep = min(0.998, (step + 1) / (step + 20))
        with torch.no_grad():
            for a, b in zip(slow.state_dict().values(), network.state_dict().values()):
                a.lerp_(b, 1 - keep) if a.dtype.is_floating_point else a.copy_(b)
        log.append({name: float(part.detach()) for name, part in parts.items()})
        if (step + 1) % 50 == 0:
            means = {name: np.mean([entry[name] for entry in log if name in entry]) for name in log[-1]}
            print(step + 1, f"{time.time() - started:.0f} s", *(f"{k} {v:.4f}" for k, v in means.items()), flush=True)
            log = []
        if (step + 1) % options.save == 0:
            torch.save(slow.state_dict(), options.out / f"step-{step + 1:06}.pt")
    stream.close()
    slow = slow.cpu().float()
    torch.save(slow.state_dict(), options.out / "last.pt")
    inputs, points = validation()
    figures = score(slow, inputs, points)
    settings = {name: value for name, value in vars(options).items() if name not in ("out", "start", "threads", "save")}
    settings["start"] = options.start and options.start.name
    write_weights(slow, options.out / "minutiae.f16")
    write_card(options.out / "card.json", slow, settings, figures, time.time() - started)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
