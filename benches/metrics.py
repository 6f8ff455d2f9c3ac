#!/usr/bin/env python3
"""`efm eval` beside POT, SciPy, scikit-learn and prdc on the same arrays.

    python3 benches/metrics.py [--write]

Makes its own environment in target/metrics-venv and installs numpy, scipy, scikit-learn, POT and prdc there. Arrays are drawn
from fixed seeds; what the other programs say of them must be what `efm eval A B --json` says, to 1e-5 of the value where
both are exact and to four standard errors where one draws directions or labels at random. --write keeps arrays and the
values of the other programs in efm-eval/tests/golden, against which `cargo test -p efm-eval --test golden` holds the
measures. Exits with 1 if anything differs.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / "target" / "metrics-venv"
GOLDEN = ROOT / "efm-eval" / "tests" / "golden"
PACKAGES = ["numpy", "scipy", "scikit-learn", "POT", "prdc"]
NEIGHBOURS = 5
DIRECTIONS = 20_000
RELABELLINGS = 999
KEPT_DIRECTIONS = 50
TOLERANCE = 1e-5


def enter_environment():
    """Runs this script again inside its own environment."""
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == VENV.resolve():
        return
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    sys.exit(subprocess.run([python, __file__, *sys.argv[1:]], env=dict(os.environ, MPLBACKEND="Agg")).returncode)


def cases(np):
    """Two clouds each: a line, a plane, clouds of unequal size, many coordinates."""
    draw = np.random.default_rng(20).standard_normal
    modes = np.where(np.arange(120) % 2 == 0, -2.0, 2.0)[:, None] * np.array([1.0, 0.3])
    clouds = {
        "line": (draw((80, 1)), 1.5 * draw((110, 1)) + 0.3),
        "plane": (draw((120, 2)), 0.7 * draw((120, 2)) + modes),
        "uneven": (draw((90, 3)), draw((140, 3)) @ np.diag([1.0, 2.0, 0.5]) + 0.2),
        "near": (draw((100, 2)), draw((100, 2))),
        "wide": (draw((100, 20)), 1.1 * draw((100, 20)) + 0.1),
    }
    return {name: [cloud.astype(np.float32) for cloud in pair] for name, pair in clouds.items()}


def references(np, a, b, ours):
    """What other programs say: measure, value, tolerance, whose. `ours` tells the width and standard errors."""
    import ot
    from prdc import compute_prdc
    from scipy.linalg import sqrtm
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist
    from scipy.stats import energy_distance, ks_2samp
    from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
    from sklearn.model_selection import LeaveOneOut, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    a, b = a.astype(np.float64), b.astype(np.float64)
    n, m, dim = len(a), len(b), a.shape[1]
    rows = []

    def row(measure, value, whose, tolerance=None):
        rows.append((measure, float(value), tolerance if tolerance is not None else TOLERANCE * abs(value) + 1e-9, whose))

    squares = cdist(a, b, "sqeuclidean")
    if dim == 1:
        row("w2", np.sqrt(ot.emd2_1d(a[:, 0], b[:, 0], metric="sqeuclidean")), "POT")
        row("sliced_w2", np.sqrt(ot.emd2_1d(a[:, 0], b[:, 0], metric="sqeuclidean")), "POT")
        row("energy_distance", energy_distance(a[:, 0], b[:, 0]) ** 2, "SciPy, squared")
    else:
        if n == m:
            row("w2", np.sqrt(ot.emd2(np.full(n, 1 / n), np.full(m, 1 / m), squares, numItermax=10**7)), "POT")
            row("w2", np.sqrt(squares[linear_sum_assignment(squares)].mean()), "SciPy")
        value = ot.sliced_wasserstein_distance(a, b, n_projections=DIRECTIONS, seed=1)
        # Both draw directions: the errors add up.
        row("sliced_w2", value, "POT", 4 * np.sqrt(2) * ours["sliced_w2"]["details"]["monte_carlo_error"])
    value = 2 * np.sqrt(squares).mean() - cdist(a, a).mean() - cdist(b, b).mean()
    row("energy_distance", value, "SciPy's cdist")

    within = np.sort(cdist(b, b, "sqeuclidean")[np.triu_indices(m, 1)])
    width = np.sqrt(within[len(within) // 2])
    row("mmd.width", width, "numpy")
    kernel = lambda x, y: sum(rbf_kernel(x, y, gamma=1 / (2 * (c * width) ** 2)) for c in (0.5, 1, 2)) / 3
    row("mmd", np.sqrt(kernel(a, a).mean() + kernel(b, b).mean() - 2 * kernel(a, b).mean()), "scikit-learn")

    tests = [ks_2samp(a[:, axis], b[:, axis], method="exact") for axis in range(dim)]
    worst = max(tests, key=lambda test: test.statistic)
    row("ks_max", worst.statistic, "SciPy")
    row("ks_max.p_value", min(1, dim * worst.pvalue), "SciPy, exact, times D")

    if n == m:
        pool, labels = np.concatenate([a, b]), np.repeat([0, 1], n)
        classifier = KNeighborsClassifier(NEIGHBOURS)
        row("c2st", cross_val_score(classifier, pool, labels, cv=LeaveOneOut()).mean(), "scikit-learn")
        near = classifier.fit(pool, labels).kneighbors(return_distance=False)
        told = lambda labels: ((labels[near].sum(1) * 2 > NEIGHBOURS) == labels).sum()
        generator = np.random.default_rng(1)
        reach = sum(told(generator.permutation(labels)) >= told(labels) for _ in range(RELABELLINGS))
        p = (1 + reach) / (1 + RELABELLINGS)
        row("c2st.p_value", p, "numpy", 4 * np.sqrt(2 * p * (1 - p) / RELABELLINGS) + 1 / RELABELLINGS)

    sys.stdout, kept = open(os.devnull, "w"), sys.stdout
    found = compute_prdc(real_features=b, fake_features=a, nearest_k=NEIGHBOURS)
    sys.stdout = kept
    for measure in ("precision", "recall", "density", "coverage"):
        row(measure, found[measure], "prdc")

    means, covariances = [x.mean(0) for x in (a, b)], [np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b)]
    root = sqrtm(covariances[0] @ covariances[1]).real
    value = ((means[0] - means[1]) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root)
    row("frechet", value, "SciPy's sqrtm")

    def mean_of_others(x):
        gram = polynomial_kernel(x, degree=3, gamma=1 / dim, coef0=1)
        return (gram.sum() - np.trace(gram)) / (len(x) * (len(x) - 1))

    between = polynomial_kernel(a, b, degree=3, gamma=1 / dim, coef0=1).mean()
    value = mean_of_others(a) + mean_of_others(b) - 2 * between
    # A difference of means of some units each.
    row("kernel_distance", value, "scikit-learn", TOLERANCE * abs(between))
    return rows


def along(np, a, b, name):
    """Sliced W2 on directions that are kept, so that nothing is left to chance."""
    import ot

    directions = np.random.default_rng(5).standard_normal((KEPT_DIRECTIONS, a.shape[1]))
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    value = ot.sliced_wasserstein_distance(a.astype(float), b.astype(float), projections=directions.astype(float).T)
    return directions, float(value)


def ask(folder, np, a, b):
    """`efm eval` on the two arrays: figures by measure."""
    for name, cloud in (("a", a), ("b", b)):
        np.save(folder / f"{name}.npy", cloud)
    measures = "w2,sliced_w2,energy_distance,mmd,ks_max,c2st,precision,recall,density,coverage,frechet,kernel_distance"
    command = [ROOT / "target" / "release" / "efm", "eval", folder / "a.npy", folder / "b.npy", "--json", "--draws", "0"]
    command += ["--measures", measures, "--directions", str(DIRECTIONS), "--neighbours", str(NEIGHBOURS), "--seed", "1"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {figure["measure"]: figure for figure in answer["spaces"][0]["figures"]}


def pick(ours, name):
    """A figure, its p-value, or a detail."""
    measure, _, part = name.partition(".")
    figure = ours[measure]
    return {"": figure["value"], "p_value": figure["p_value"]}.get(part, figure["details"].get(part))


def main():
    enter_environment()
    import importlib.metadata

    import numpy as np

    build = ["cargo", "build", "--release", "--quiet", "--workspace", "--bin", "efm", "--examples"]
    subprocess.run(build, cwd=ROOT, check=True)
    golden = {"versions": {name: importlib.metadata.version(name) for name in PACKAGES}, "cases": {}}
    golden["neighbours"] = NEIGHBOURS
    wrong, compared = 0, 0
    if "--write" in sys.argv:
        GOLDEN.mkdir(parents=True, exist_ok=True)
    print("| arrays | measure | efm | other | whose | difference | allowed |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, (a, b) in cases(np).items():
            ours = ask(pathlib.Path(folder), np, a, b)
            rows = references(np, a, b, ours)
            for measure, value, tolerance, whose in rows:
                mine = pick(ours, measure)
                off = abs(mine - value)
                wrong, compared = wrong + (off > tolerance), compared + 1
                mark = "" if off <= tolerance else " **differs**"
                sizes = f"{name}, {len(a)} × {len(b)}, D = {a.shape[1]}"
                print(f"| {sizes} | {measure} | {mine:.9g} | {value:.9g} | {whose} | {off:.1e}{mark} | {tolerance:.1e} |")
            directions, value = along(np, a, b, name)
            # Those at random stay out of the golden file; the exact ones are held to the same tolerance there.
            exact = {m: {"value": v, "allowed": t, "whose": w} for m, v, t, w in rows if m != "c2st.p_value"}
            if a.shape[1] > 1:
                exact.pop("sliced_w2", None)
            exact["sliced_w2_along"] = {"value": value, "allowed": TOLERANCE * value, "whose": "POT"}
            golden["cases"][name] = {"dim": a.shape[1], "measures": exact}
            if "--write" in sys.argv:
                for end, array in (("a", a), ("b", b), ("directions", directions)):
                    np.save(GOLDEN / f"{name}-{end}.npy", array)
    if "--write" in sys.argv:
        (GOLDEN / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
    print(f"\n{compared - wrong} of {compared} agree; {', '.join(f'{k} {v}' for k, v in golden['versions'].items())}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
