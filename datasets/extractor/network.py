"""The network of the minutiae extractor, and its input. README.md defines both in words and numbers."""

import torch
import torch.nn as nn
import torch.nn.functional as F

NEIGHBOURHOOD = 11.0    # deviation of the Gaussian of local means and contrasts, pixels
LEAST_CONTRAST = 0.035
MOST = 3.0
CELL = 4                # pixels of an output cell
PLANES = 12


def gaussian(deviation):
    reach = max(1, int(3 * deviation + 0.5))
    t = torch.arange(-reach, reach + 1, dtype=torch.float32)
    taps = torch.exp(-0.5 * (t / deviation) ** 2)
    return taps / taps.sum()


def blur_widely(picture, deviation):
    """Means of 4 x 4 pixels, blurred, interpolated between their centres. Sides are multiples of 4."""
    cells = F.avg_pool2d(picture, 4)
    taps = gaussian(deviation / 4).to(picture)
    reach = len(taps) // 2
    cells = F.conv2d(F.pad(cells, (reach, reach, 0, 0), mode="replicate"), taps.view(1, 1, 1, -1))
    cells = F.conv2d(F.pad(cells, (0, 0, reach, reach), mode="replicate"), taps.view(1, 1, -1, 1))
    return F.interpolate(cells, scale_factor=4, mode="bilinear", align_corners=False)


def normalise(grey):
    """Grey values 0..1 (N, 1, H, W), sides multiples of 8, to what the network sees: ridges positive."""
    difference = blur_widely(grey, NEIGHBOURHOOD) - grey
    variance = blur_widely(difference * difference, NEIGHBOURHOOD)
    return (difference / torch.sqrt(variance + LEAST_CONTRAST ** 2)).clamp(-MOST, MOST)


def convolution(inputs, outputs, stride=1, dilation=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class Residual(nn.Module):
    def __init__(self, width, dilation=1):
        super().__init__()
        self.first = convolution(width, width, 1, dilation)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        return F.relu(x + self.second(self.first(x)))


class Network(nn.Module):
    """Planes at a quarter of the size: 0 heat (logit), 1-2 offset in cells, 3-4 direction, 5-8 ridge pattern of
    the four quarters of a cell, 9-10 cosine and sine of twice the ridge angle, 11 visibility (logit)."""

    def __init__(self, half=32, quarter=48, eighth=80, dilations=(1, 2, 4, 1)):
        super().__init__()
        self.at_half = nn.Sequential(nn.PixelUnshuffle(2), convolution(4, half), convolution(half, half))
        self.at_quarter = nn.Sequential(convolution(half, quarter, 2), Residual(quarter), Residual(quarter))
        self.at_eighth = nn.Sequential(convolution(quarter, eighth, 2), *[Residual(eighth, d) for d in dilations])
        self.back = nn.Conv2d(eighth, quarter, 1)
        self.joined = nn.Sequential(Residual(quarter), convolution(quarter, quarter))
        self.last = nn.Conv2d(quarter, PLANES, 1)
        nn.init.zeros_(self.last.bias)
        self.last.bias.data[0] = -4.0

    def forward(self, x):
        near = self.at_quarter(self.at_half(x))
        far = F.interpolate(self.back(self.at_eighth(near)), scale_factor=2, mode="bilinear", align_corners=False)
        return self.last(self.joined(near + far))


def convolutions(network):
    """The convolutions in the order in which they run, each with its batch norm or None."""
    found, last = [], None
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            found.append([module, None])
        elif isinstance(module, nn.BatchNorm2d):
            found[-1][1] = module
    return found


def mirrored(planes, across, down):
    """Outputs of a mirrored picture, brought back to the picture."""
    sides = [side for side, on in ((-1, across), (-2, down)) if on]
    planes = planes.flip(sides) if sides else planes
    sign = torch.ones(PLANES)
    if across:
        sign[[1, 3]] = -1
    if down:
        sign[[2, 4]] = -1
    if across != down:
        sign[10] = -1
    planes = planes * sign.to(planes).view(1, -1, 1, 1)
    # The quarters of a cell change places too.
    order = list(range(PLANES))
    if across:
        order[5:9] = [order[6], order[5], order[8], order[7]]
    if down:
        order[5:9] = order[7:9] + order[5:7]
    return planes[:, order]
