#!/usr/bin/env python3
"""Draws pairs per second and share of the matrix-product rate over D, from the rows of `efm bench field --json`.

    efm bench field --json --dim 2,3,4,5,6,7,8,9,12,16,20,24,28,32,33,40,48,64,96,128,192,256 | python3 benches/kernels.py docs/pictures/kernels.svg

Needs nothing but Python. Rows of several runs may follow one another: the fastest one of each law and D is drawn, and shares
are of the fastest matrix product of all rows, so that other programs that run meanwhile cost no more than they must.
"""

import json
import math
import sys

WIDTH, HEIGHT, LEFT, TOP, GAP, FOOT = 420, 300, 60, 46, 70, 46
COLOURS = {"coulomb": "#1f5fa8", "mirror": "#c0562b", "published": "#5a8a3a"}
MARKS = {"direct": "circle", "blocked": "circle", "product": "square", "pairwise": "cross"}


def read(lines):
    """(law, D) → row; the kernel is called `KERNEL` or `KERNEL-LAW`."""
    rows, matmul = {}, 0.0
    for line in filter(str.strip, lines):
        row = json.loads(line)
        kernel, _, law = row["kernel"].partition("-")
        key = law or "coulomb", row["dim"]
        if key not in rows or rows[key]["pairs_per_s"] < row["pairs_per_s"]:
            rows[key] = dict(row, kernel=kernel)
        matmul = max(matmul, row["matmul_gflops"])
    return {key: dict(row, matmul_gflops=matmul) for key, row in rows.items()}


def mark(kind, x, y, colour):
    if kind == "square":
        return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="white" stroke="{colour}" stroke-width="2"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'


def panel(rows, left, title, value, ticks, across, up):
    """One diagram: both axes logarithmic, `across` and `up` their ends."""
    def place(dim, y):
        share = lambda v, ends: (math.log(v) - math.log(ends[0])) / (math.log(ends[1]) - math.log(ends[0]))
        return left + WIDTH * share(dim, across), TOP + HEIGHT * (1 - share(y, up))

    out = [f'<text x="{left}" y="{TOP - 14}" font-weight="bold">{title}</text>']
    for tick in ticks:
        _, y = place(across[0], tick)
        out.append(f'<path d="M{left} {y:.1f}h{WIDTH}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for dim in (2, 4, 8, 16, 32, 64, 128, 256):
        x, _ = place(dim, up[0])
        out.append(f'<path d="M{x:.1f} {TOP}v{HEIGHT}" stroke="#eee"/>')
        out.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{dim}</text>')
    out.append(f'<text x="{left + WIDTH / 2}" y="{TOP + HEIGHT + 36}" text-anchor="middle">D</text>')
    for law in dict.fromkeys(law for law, _ in rows):
        dims = sorted(dim for other, dim in rows if other == law)
        points = [(rows[law, dim]["kernel"], *place(dim, value(rows[law, dim]))) for dim in dims]
        line = " ".join(f"{x:.1f},{y:.1f}" for _, x, y in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{COLOURS[law]}" stroke-width="1.5"/>')
        out += [mark(MARKS.get(kernel), x, y, COLOURS[law]) for kernel, x, y in points]
    return out


def legend(rows):
    out, x, y = [], LEFT + 10, TOP + HEIGHT - 12 - 18 * (len(set(law for law, _ in rows)) + 1)
    entries = [(COLOURS[law], "circle", law) for law in dict.fromkeys(law for law, _ in rows)]
    entries += [("#555", "circle", "direct"), ("#555", "square", "product")]
    for index, (colour, kind, name) in enumerate(entries):
        out += [mark(kind, x, y + 18 * index, colour), f'<text x="{x + 12}" y="{y + 18 * index + 4}">{name}</text>']
    return out


def main():
    rows = {key: row for key, row in read(sys.stdin).items() if key[1] <= 256}
    if not rows or len(sys.argv) != 2:
        sys.exit(__doc__)
    width, height = 2 * WIDTH + LEFT + GAP + 20, TOP + HEIGHT + FOOT
    across = (1.8, 290)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    out += panel(rows, LEFT, "Million pairs per second", lambda row: row["pairs_per_s"] / 1e6,
                 (10, 30, 100, 300, 1000, 3000), across, (8, 9000))
    out += panel(rows, LEFT + WIDTH + GAP, "4(D+1) operations per pair, share of the matrix product",
                 lambda row: row["gflops"] / row["matmul_gflops"], (0.05, 0.1, 0.2, 0.4, 0.6, 1), across, (0.03, 1.3))
    out += legend(rows)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("\n".join(out + ["</svg>"]) + "\n")


if __name__ == "__main__":
    main()
