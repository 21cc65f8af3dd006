"""Writes a trained network as one file of half floats. README.md has the layout.

usage: export.py FILE.pt OUT.f16
"""

import hashlib
import json
import struct
import sys

import torch

from network import Network, convolutions

MAGIC = b"BMMINUT1"


def folded(network):
    """(weights, bias, stride, dilation) of each convolution with its batch norm folded in, in the order of running."""
    layers = []
    for layer, norm in convolutions(network):
        weights = layer.weight.detach().double()
        bias = torch.zeros(len(weights)).double() if layer.bias is None else layer.bias.detach().double()
        if norm is not None:
            scale = norm.weight.detach().double() / torch.sqrt(norm.running_var.double() + norm.eps)
            weights = weights * scale.view(-1, 1, 1, 1)
            bias = norm.bias.detach().double() + (bias - norm.running_mean.double()) * scale
        layers.append((weights.float(), bias.float(), layer.stride[0], layer.dilation[0]))
    return layers


def write_weights(network, path):
    layers = folded(network.eval())
    head = MAGIC + struct.pack("<I", len(layers))
    body = b""
    for weights, bias, stride, dilation in layers:
        outputs, inputs, side, _ = weights.shape
        head += struct.pack("<5I", outputs, inputs, side, stride, dilation)
        for numbers in (weights.permute(2, 3, 1, 0), bias):
            body += numbers.contiguous().half().numpy().astype("<f2").tobytes()
    path.write_bytes(head + body)


def read_into(network, path):
    """Replaces the weights of a network by those of a file, with batch norms that do nothing."""
    data = path.read_bytes()
    assert data[:8] == MAGIC, f"{path}: begins with {data[:8]!r}, expected {MAGIC!r}"
    (count,) = struct.unpack_from("<I", data, 8)
    at = 12 + 20 * count
    for index, (layer, norm) in enumerate(convolutions(network)):
        outputs, inputs, side, _, _ = struct.unpack_from("<5I", data, 12 + 20 * index)
        assert layer.weight.shape == (outputs, inputs, side, side), f"{path}: layer {index} has another shape"
        count = outputs * inputs * side * side
        numbers = torch.frombuffer(bytearray(data[at : at + 2 * (count + outputs)]), dtype=torch.float16).float()
        at += 2 * (count + outputs)
        layer.weight.data = numbers[:count].view(side, side, inputs, outputs).permute(3, 2, 0, 1).contiguous()
        if norm is None:
            layer.bias.data = numbers[count:].clone()
        else:
            norm.weight.data.fill_(1.0)
            norm.bias.data = numbers[count:].clone()
            norm.running_mean.zero_()
            norm.running_var.fill_(1.0 - norm.eps)
    return network.eval()


def write_card(path, network, settings, figures, seconds):
    weights = path.with_name("minutiae.f16").read_bytes()
    card = {
        "weights": sum(w.numel() + b.numel() for w, b, _, _ in folded(network)),
        "bytes": len(weights),
        "sha256": hashlib.sha256(weights).hexdigest(),
        "data": "crops of generated fingers only: example training_crops of biomatch-datasets",
        "settings": settings,
        "validation": figures,
        "seconds": round(seconds),
        "torch": torch.__version__,
    }
    path.write_text(json.dumps(card, indent=2, default=str) + "\n")


if __name__ == "__main__":
    from pathlib import Path

    trained = Network()
    trained.load_state_dict(torch.load(sys.argv[1], map_location="cpu"))
    write_weights(trained, Path(sys.argv[2]))
