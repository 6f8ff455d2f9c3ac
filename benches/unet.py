#!/usr/bin/env python3
"""The U-Net of `bench_unet` in PyTorch: the same weights, the same output, a training step and inference side by side.

    python3 benches/unet.py [--rounds N] [--threads N] [--python PYTHON]

Makes its own environment in target/unet-venv and installs PyTorch there (from the package registry: about 3 GB where that
is a build for GPUs); --python takes one that has torch and safetensors. Rounds alternate between the programs and the
best of each counts; beside the clock stands what all cores together worked, which foreign load changes less.
"""

import json
import os
import pathlib
import resource
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / "target" / "unet-venv"
BINARY = ROOT / "target" / "release" / "examples" / "bench_unet"
WEIGHTS = ROOT / "target" / "bench_unet.safetensors"
GAP, PLATE_LAYER = 10.0, 0.001


def option(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def python():
    """The interpreter with PyTorch."""
    given = option("--python", None)
    if given:
        return given
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "torch", "numpy", "safetensors"], check=True)
    return str(VENV / "bin" / "python")


class UNet:
    """efm-models/src/unet, function by function; images are [B, C, H, W] here."""

    def __init__(self, torch, arrays, channels_last):
        self.torch, self.last = torch, channels_last
        self.weights = {}
        for name, value in arrays.items():
            if value.dim() == 4:  # [k, k, in, out]
                value = value.permute(3, 2, 0, 1).contiguous()
                if channels_last:
                    value = value.contiguous(memory_format=torch.channels_last)
            elif value.dim() == 2:  # [in, out]
                value = value.t().contiguous()
            self.weights[name] = torch.nn.Parameter(value)

    def has(self, prefix):
        return any(name.startswith(prefix + ".") for name in self.weights)

    def linear(self, name, x):
        return self.torch.nn.functional.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def conv(self, name, x, half=False):
        f, weight, bias = self.torch.nn.functional, self.weights[name + ".weight"], self.weights[name + ".bias"]
        if half:
            return f.conv2d(f.pad(x, (0, 1, 0, 1)), weight, bias, stride=2)
        return f.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)

    def norm(self, name, x):
        channels = x.shape[1]
        groups = max(groups for groups in range(1, max(min(32, channels // 4), 1) + 1) if channels % groups == 0)
        scale, shift = self.weights[name + ".scale"], self.weights[name + ".shift"]
        return self.torch.nn.functional.group_norm(x, groups, scale, shift, 1e-6)

    def residual(self, name, x, told):
        silu = self.torch.nn.functional.silu
        inner = self.conv(name + ".opening", silu(self.norm(name + ".before", x)))
        inner = inner + self.linear(name + ".embedding", told)[:, :, None, None]
        inner = self.conv(name + ".closing", silu(self.norm(name + ".between", inner)))
        return (self.conv(name + ".straight", x) if self.has(name + ".straight") else x) + inner

    def attention(self, name, x):
        count, channels, height, width = x.shape
        pixels = self.norm(name + ".norm", x).flatten(2).transpose(1, 2)
        query, key, value = (self.linear(f"{name}.{part}", pixels) for part in ("query", "key", "value"))
        seen = self.torch.softmax((query * channels**-0.5) @ key.transpose(1, 2), -1) @ value
        return x + self.linear(name + ".closing", seen).transpose(1, 2).reshape(count, channels, height, width)

    def told(self, height, radius):
        torch, f = self.torch, self.torch.nn.functional
        features = self.weights["embedding.first.weight"].shape[1]
        logarithm = lambda share: torch.log(share.clamp(0, 1) + PLATE_LAYER)
        logit = logarithm(height) - logarithm(1 - height)
        each = -(-features // 4)
        angles = 0.5 * 64 ** (torch.arange(each) / max(each - 1, 1)) * torch.pi / 2
        columns = []
        for place in (logit / -torch.log(torch.tensor(PLATE_LAYER)), 2 * height - 1):
            columns += [(place * angles).sin(), (place * angles).cos()]
        hidden = f.silu(self.linear("embedding.first", torch.cat(columns, 1)[:, :features]))
        return f.silu(self.linear("embedding.second", hidden) + self.linear("embedding.radius", torch.log1p(radius)))

    def forward(self, x, z):
        torch = self.torch
        height = z / GAP
        scaled = x / (1 + height * (1 - height) * GAP**2).sqrt()
        radius = (scaled**2).mean(1, keepdim=True)
        told = self.told(height, radius)
        h = (scaled / (radius / 36 + 1).sqrt()).view(-1, 3, 32, 32)
        if self.last:
            h = h.contiguous(memory_format=torch.channels_last)
        h = self.conv("opening", h)
        skips, level = [h], 0
        while self.has(f"down.{level}"):
            block = 0
            while self.has(f"down.{level}.blocks.{block}"):
                h = self.residual(f"down.{level}.blocks.{block}", h, told)
                if self.has(f"down.{level}.attention.{block}"):
                    h = self.attention(f"down.{level}.attention.{block}", h)
                skips.append(h)
                block += 1
            if self.has(f"down.{level}.next"):
                h = self.conv(f"down.{level}.next", h, half=True)
                skips.append(h)
            level += 1
        h = self.residual("middle.last", self.attention("middle.attention", self.residual("middle.first", h, told)), told)
        for level in range(level):
            block = 0
            while self.has(f"up.{level}.blocks.{block}"):
                h = self.residual(f"up.{level}.blocks.{block}", torch.cat([h, skips.pop()], 1), told)
                block += 1
            if self.has(f"up.{level}.attention.0"):
                h = self.attention(f"up.{level}.attention.0", h)
            if self.has(f"up.{level}.next"):
                h = self.conv(f"up.{level}.next", torch.nn.functional.interpolate(h, scale_factor=2))
        h = torch.nn.functional.silu(self.norm("norm", h))
        head = self.linear("head.closing", h.mean((2, 3)))
        direction = x / (x**2).mean(1, keepdim=True).clamp_min(1e-12).sqrt()
        axial = head[:, :1]
        lateral = self.conv("closing", h).flatten(1) + direction * head[:, 1:]
        return torch.cat([lateral, ((axial**2 + 1).sqrt() + axial) / 2 + 1e-4], 1)


def measure(rounds, work):
    work()
    spent = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    before, best = spent(), float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return {"wall_ms": best * 1e3, "cores_ms": (spent() - before) / rounds * 1e3}


def torch_rows(threads, channels_last):
    """Runs in the interpreter with PyTorch."""
    import torch
    from safetensors.torch import load_file

    torch.set_num_threads(threads)
    arrays = load_file(WEIGHTS)
    x, z, out = (arrays.pop("io." + name) for name in ("x", "z", "out"))
    network = UNet(torch, arrays, channels_last)
    optimizer = torch.optim.Adam(network.weights.values(), 1e-4)

    def inference():
        with torch.no_grad():
            return network.forward(x, z)

    def step():
        optimizer.zero_grad()
        network.forward(x, z).pow(2).sum().backward()
        optimizer.step()

    difference = ((inference() - out).abs().max() / out.abs().max()).item()
    rows = [dict(name="inference", **measure(2, inference)), dict(name="step", **measure(2, step))]
    print(json.dumps({"version": torch.__version__, "difference": difference, "rows": rows}))


def main():
    if "--measure" in sys.argv:
        torch_rows(int(option("--threads", 2)), "--last" in sys.argv)
        return
    threads, rounds = option("--threads", "2"), int(option("--rounds", 3))
    build = ["cargo", "build", "--release", "--workspace", "--bin", "efm", "--examples"]
    subprocess.run(build, cwd=ROOT, check=True)
    subprocess.run([BINARY, "--weights", WEIGHTS], check=True)
    environment = dict(os.environ, OMP_NUM_THREADS=threads, RAYON_NUM_THREADS=threads)
    torch = [python(), __file__, "--measure", "--threads", threads]
    results, differences, version = {}, [], ""
    for _ in range(rounds):
        run = lambda command: subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        ours = [json.loads(line) for line in run([BINARY, "--json", "--rounds", "3"]).splitlines()]
        runs = {"efm": ours}
        for name, more in (("PyTorch", []), ("PyTorch, channels last", ["--last"])):
            answer = json.loads(run(torch + more).splitlines()[-1])
            runs[name], version = answer["rows"], answer["version"]
            differences.append(answer["difference"])
        for name, rows in runs.items():
            for row in rows:
                best = results.setdefault((name, row["name"]), dict(row))
                for key in ("wall_ms", "cores_ms"):
                    best[key] = min(best[key], row[key])
    print(f"PyTorch {version}, {threads} threads, best of {rounds} rounds; ms by the clock (ms of all cores)")
    print(f"largest difference of the outputs: {max(differences):.1e} of the largest value\n")
    print("| | inference | step |\n|---|---|---|")
    for name in ("efm", "PyTorch", "PyTorch, channels last"):
        cells = (results[name, what] for what in ("inference", "step"))
        print(f"| {name} | " + " | ".join(f"{cell['wall_ms']:.0f} ({cell['cores_ms']:.0f})" for cell in cells) + " |")


main()
