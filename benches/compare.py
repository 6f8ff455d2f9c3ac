#!/usr/bin/env python3
"""The field of all charges at a batch of points: the dense form and the matrix-product form in Python beside `bench_field`.

    python3 benches/compare.py [--torch]

Makes its own environment in target/compare-venv and installs numpy there (with --torch PyTorch as well, about 1 GB; from
the package registry, so it may be a build for GPUs). All forms sum Coulomb's law in f32 over the same arrays with two
threads; the error is the worst distance of a direction from numpy in f64. Rows of `bench_field` come from the same run.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / "target" / "compare-venv"
SIZES = [(2, 1024, 2048), (2, 2048, 10_000), (64, 2048, 3000), (3072, 64, 1024), (3072, 256, 8192)]
DENSE_LIMIT = 3e9  # numbers in the points x charges x (D+1) array


def enter_environment():
    """Runs this script again inside its own environment."""
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == VENV.resolve():
        return
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    wanted = ["numpy"] + (["torch"] if "--torch" in sys.argv else [])
    subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    environment = dict(os.environ, OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2", MKL_NUM_THREADS="2")
    sys.exit(subprocess.run([python, __file__, *sys.argv[1:]], env=environment).returncode)


def dense(np, points, charges, signs):
    """Differences of all pairs, kept."""
    difference = points[:, None, :] - charges[None, :, :]
    r2 = (difference * difference).sum(-1)
    log = -0.5 * points.shape[1] * np.log(r2)
    weight = np.exp(log - log.max(1, keepdims=True)) * signs
    return (weight[:, :, None] * difference).sum(1)


def product(np, points, charges, signs):
    """|x|² + |y|² − 2x·y, then x Σw − Σ w y: two matrix products."""
    r2 = (points * points).sum(-1)[:, None] + (charges * charges).sum(-1)[None, :] - 2 * points @ charges.T
    log = -0.5 * points.shape[1] * np.log(np.maximum(r2, 1e-12))
    weight = np.exp(log - log.max(1, keepdims=True)) * signs
    return points * weight.sum(1, keepdims=True) - weight @ charges


def torch_forms(torch):
    """The same two forms in PyTorch."""

    def weights(r2, dim, signs):
        log = -0.5 * dim * torch.log(r2)
        return torch.exp(log - log.max(1, keepdim=True).values) * signs

    def dense(points, charges, signs):
        difference = points[:, None, :] - charges[None, :, :]
        weight = weights((difference * difference).sum(-1), points.shape[1], signs)
        return (weight[:, :, None] * difference).sum(1)

    def product(points, charges, signs):
        r2 = (points * points).sum(-1)[:, None] + (charges * charges).sum(-1)[None, :] - 2 * points @ charges.T
        weight = weights(r2.clamp_min(1e-12), points.shape[1], signs)
        return points * weight.sum(1, keepdim=True) - weight @ charges

    return {"torch dense": dense, "torch product": product}


def seconds(work):
    """Best of a few calls."""
    best, begin, calls = float("inf"), time.perf_counter(), 0
    while calls < 1 or (calls < 5 and time.perf_counter() - begin < 3):
        start = time.perf_counter()
        result = work()
        best, calls = min(best, time.perf_counter() - start), calls + 1
    return best, result


def ours(dims):
    """Rows of the example `bench_field`."""
    command = ["cargo", "run", "--release", "--quiet", "-p", "efm-field", "--example", "bench_field", "--", "--json", "coulomb"]
    lines = subprocess.run([*command, *map(str, dims)], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    rows = [json.loads(line) for line in lines.splitlines()]
    return {(row["dim"], row["points"], row["charges"]): row for row in rows}


def main():
    enter_environment()
    import numpy as np

    forms = {"numpy dense": lambda *a: dense(np, *a), "numpy product": lambda *a: product(np, *a)}
    to = {name: (lambda array: array) for name in forms}
    if "--torch" in sys.argv:
        import torch

        torch.set_num_threads(2)
        more = torch_forms(torch)
        forms.update(more)
        to.update({name: torch.from_numpy for name in more})
    rows = ours(sorted({size[0] for size in SIZES}))
    print(f"{'D':>5} {'points':>7} {'charges':>8}  {'form':14} {'Mpairs/s':>10} {'GFLOP/s':>9} {'error':>9} {'ours is':>9}")
    for dim, points, charges in SIZES:
        generator = np.random.default_rng(7)
        x = generator.standard_normal((points, dim + 1)).astype(np.float32)
        y = generator.standard_normal((charges, dim + 1)).astype(np.float32)
        x[:, dim] = np.linspace(0.01, 2.99, points)
        y[:, dim] = np.where(np.arange(charges) % 2 == 0, 0.0, 3.0)
        signs = np.where(np.arange(charges) % 2 == 0, 1.0, -1.0).astype(np.float32)
        checked = slice(0, points, max(1, points // 8))
        truth = dense(np, *(array.astype(np.float64) for array in (x[checked], y, signs)))
        truth /= np.linalg.norm(truth, axis=1, keepdims=True)
        row = rows[(dim, points, charges)]
        rate = row["pairs_per_s"]
        head = f"{dim:5} {points:7} {charges:8} "
        print(f"{head} {row['kernel']:14} {rate / 1e6:10.1f} {row['gflops']:9.1f} {row['error_max']:9.1e} {1:8.1f}x")
        for name, form in forms.items():
            size = points * charges * (dim + 1)
            # The dense form in blocks of points, where all pairs at once do not fit.
            block = points if "product" in name else max(1, int(points * min(1, DENSE_LIMIT / 8 / size)))
            place = to[name]
            def work():
                return np.concatenate([
                    np.asarray(form(place(x[start:start + block]), place(y), place(signs))) for start in range(0, points, block)
                ])
            best, result = seconds(work)
            direction = result[checked] / np.linalg.norm(result[checked], axis=1, keepdims=True)
            error = np.linalg.norm(direction - truth, axis=1).max()
            pairs = points * charges / best
            print(f"{head} {name:14} {pairs / 1e6:10.1f} {pairs * 4 * (dim + 1) / 1e9:9.1f} {error:9.1e} {rate / pairs:8.1f}x")


if __name__ == "__main__":
    main()
