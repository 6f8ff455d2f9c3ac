#!/usr/bin/env python3
"""The field of all charges at a batch of points: other ways of summing it in Python beside `efm bench field`.

    python3 benches/compare.py [--numpy] [--one-thread]

Makes its own environment in target/compare-venv and installs numpy, PyTorch and KeOps there, several GB: the registry's
PyTorch is the build for GPUs (--numpy uses numpy alone instead). KeOps compiles what it needs with the C++ compiler of the
machine. All forms sum Coulomb's law in f32 over the same arrays on the CPU, with two threads or (steadier where other
programs run) one; `efm` over arrays of its own with the same sizes and distributions. The error is the worst distance of a
direction from numpy in f64, or from the reference of `efm`. The row of `efm` is measured before and after each form it is
compared with. Shares are those of 4(D+1) operations per pair in the rate of matrix products, each program's own.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / "target" / "compare-venv"
SIZES = [(2, 2048, 10_000), (3072, 64, 1024), (3072, 256, 8192), (64, 2048, 3000), (2, 1024, 2048)]
THREADS = 1 if "--one-thread" in sys.argv else 2
DENSE_LIMIT = 3e9  # numbers in the points x charges x (D+1) array


def enter_environment():
    """Runs this script again inside its own environment."""
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == VENV.resolve():
        return
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    wanted = ["numpy"] + ([] if "--numpy" in sys.argv else ["torch", "pykeops"])
    subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"]
    environment = dict(os.environ, CUDA_VISIBLE_DEVICES="") | dict.fromkeys(names, str(THREADS))
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

    return {"torch product": product, "torch dense": dense}


def keops_form(torch):
    """The dense form without the array of all pairs: KeOps compiles a loop over charges."""
    from pykeops.torch import LazyTensor

    def form(points, charges, signs):
        x, y = LazyTensor(points[:, None, :].contiguous()), LazyTensor(charges[None, :, :].contiguous())
        difference, sign = x - y, LazyTensor(signs[None, :, None].contiguous())
        dim = points.shape[1]
        r2 = (difference ** 2).sum(-1)
        # Powers of r² as they stand where f32 holds them, relative to the nearest charge where it does not.
        if dim > 16:
            nearest = LazyTensor(r2.min(dim=1)[:, None, :].contiguous())
            weight = (-0.5 * dim * (r2 / nearest).log()).exp()
        else:
            weight = r2.rsqrt() ** dim
        return (weight * sign * difference).sum(1)

    return form


def seconds(work):
    """Best of a few calls after a first one that warms up. Where other programs take the processors, a call counts with
    the time it had on them, shared evenly among its threads: no form is charged for waiting."""
    result = work()
    best, begin, calls = float("inf"), time.perf_counter(), 0
    while calls < 1 or (calls < 20 and time.perf_counter() - begin < 2):
        start, spent = time.perf_counter(), time.process_time()
        work()
        spent = (time.process_time() - spent) / THREADS
        best, calls = min(best, time.perf_counter() - start, spent), calls + 1
    return best, result


def ours(dim, points, charges):
    """A row of `efm bench field`."""
    shape = ["--dim", dim, "--points", points, "--charges", charges]
    command = [ROOT / "target" / "release" / "efm", "bench", "field", "--json", "--quick", "--law", "coulomb", *map(str, shape)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0])


def main():
    enter_environment()
    import numpy as np

    build = ["cargo", "build", "--release", "--quiet", "--workspace", "--bin", "efm", "--examples"]
    subprocess.run(build, cwd=ROOT, check=True)
    forms, to = {}, {}
    if "--numpy" in sys.argv:
        forms = {"numpy dense": lambda *a: dense(np, *a), "numpy product": lambda *a: product(np, *a)}
        to = {name: (lambda array: array) for name in forms}
    else:
        import torch

        torch.set_num_threads(THREADS)
        more = torch_forms(torch) | {"KeOps": keops_form(torch)}
        forms.update(more)
        to.update({name: torch.from_numpy for name in more})
    square = np.ones((768, 768), np.float32)
    if "--numpy" not in sys.argv:
        square = torch.from_numpy(square)
    matmul = 2 * 768**3 / seconds(lambda: square @ square)[0]
    print("| D | points × charges | form | M pairs/s | share | error | efm, M pairs/s | share | error | efm is faster by |")
    print("|---|---|---|---|---|---|---|---|---|---|")
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
        for name, form in forms.items():
            if name == "KeOps" and dim > 100:
                continue  # it keeps a point and a charge in registers
            size = points * charges * (dim + 1)
            # The dense form in blocks of points, where all pairs at once do not fit.
            block = max(1, int(points * min(1, DENSE_LIMIT / 8 / size))) if "dense" in name else points
            place = to[name]

            def work():
                return np.concatenate([
                    np.asarray(form(place(x[start:start + block]), place(y), place(signs))) for start in range(0, points, block)
                ])

            before = ours(dim, points, charges)
            best, result = seconds(work)
            after = ours(dim, points, charges)
            row = max(before, after, key=lambda row: row["pairs_per_s"])
            direction = result[checked] / np.linalg.norm(result[checked], axis=1, keepdims=True)
            error = np.linalg.norm(direction - truth, axis=1).max()
            pairs, rate = points * charges / best, row["pairs_per_s"]
            cells = [dim, f"{points} × {charges}", name, f"{pairs / 1e6:.2f}", f"{4 * (dim + 1) * pairs / matmul:.2f}",
                     f"{error:.1e}", f"{rate / 1e6:.1f}", f"{row['gflops'] / row['matmul_gflops']:.2f}",
                     f"{row['error_max']:.1e}", f"{rate / pairs:.1f}×"]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
