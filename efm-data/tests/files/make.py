"""Writes the files in this folder: python3 make.py. Made with NumPy 2, pandas, safetensors and Pillow.

Floats hold (3 i + j - 5) / 2 in row i, column j; integers hold 3 i + j; booleans hold whether 3 i + j is odd.
"""
import io
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from safetensors.numpy import save_file

here = Path(__file__).parent
count = np.arange(12).reshape(4, 3)
floats = (count - 5) / 2

for kind in ["<f2", "<f4", ">f4", "<f8", ">f8"]:
    np.save(here / f"float_{'big' if kind[0] == '>' else 'little'}_{kind[1:]}.npy", floats.astype(kind))
for kind in ["|i1", "<i2", ">i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", ">u8"]:
    np.save(here / f"int_{'big' if kind[0] == '>' else 'little'}_{kind[1:]}.npy", count.astype(kind))
np.save(here / "bool.npy", count % 2 == 1)
np.save(here / "float_fortran.npy", np.asfortranarray(floats))
np.save(here / "float_fortran_big.npy", np.asfortranarray(floats.astype(">f8")))
np.save(here / "cube_c.npy", np.arange(24, dtype="<i4").reshape(2, 3, 4))
np.save(here / "cube_fortran.npy", np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4)))
np.save(here / "line.npy", np.arange(5, dtype="<f4"))
for version in [(2, 0), (3, 0)]:
    with open(here / f"float_version_{version[0]}.npy", "wb") as out:
        np.lib.format.write_array(out, floats, version=version)

np.save(here / "refused_object.npy", np.array([1, "a"], dtype=object))
np.save(here / "refused_record.npy", np.zeros(3, dtype=[("x", "<f4"), ("y", "<i4")]))
np.save(here / "refused_complex.npy", floats.astype("<c8"))
np.save(here / "refused_text.npy", np.array(["ab", "cd"]))
np.save(here / "refused_scalar.npy", np.float32(1))

np.savez(here / "two.npz", floats=floats, count=count)
np.savez_compressed(here / "packed_one.npz", floats=floats.astype("<f4"))

save_file({"floats": floats, "half": floats.astype("<f2"), "count": count.astype("<i4")}, here / "three.safetensors")

text = io.StringIO()
pd.DataFrame(floats, columns=["a", "b", "c"]).to_csv(text, index=False, lineterminator="\r\n")
(here / "pandas_crlf_bom.csv").write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
pd.DataFrame(floats, columns=["a", "b", "c"]).to_csv(here / "pandas.tsv", index=False, sep="\t")
np.savetxt(here / "savetxt.csv", floats, delimiter=",", header="a,b,c")

# Pillow 13: resampling and grey to compare with. Far from black and white, for Pillow clips between rows and columns.
y, x = np.mgrid[0:48, 0:40]
planes = [127 + 80 * np.sin(x / 3), 127 + 80 * np.cos(y / 4), 127 + 80 * np.sin(x * y / 90)]
picture = Image.fromarray(np.stack(planes, -1).astype(np.uint8))
picture.save(here / "pillow_rgb.png")
picture.resize((17, 13), Image.BICUBIC).save(here / "pillow_bicubic_17x13.png")
picture.resize((60, 72), Image.BICUBIC).save(here / "pillow_bicubic_60x72.png")
picture.convert("L").save(here / "pillow_grey.png")

# Kinds of PNG and JPEG, and what Pillow makes of them.
small = picture.resize((24, 20), Image.BICUBIC)
small.save(here / "pillow_progressive.jpg", quality=90, progressive=True, subsampling=0)
small.save(here / "pillow_restarts.jpg", quality=90, restart_marker_blocks=2, subsampling=0)
small.convert("L").save(here / "pillow_grey.jpg", quality=90)
small.quantize(16).save(here / "pillow_palette.png")
small.convert("1").save(here / "pillow_bits.png")
see_through = small.quantize(16)
see_through.save(here / "pillow_palette_transparent.png", transparency=3)
kinds = ["progressive.jpg", "restarts.jpg", "grey.jpg", "palette.png", "bits.png", "palette_transparent.png"]
for name in [f"pillow_{kind}" for kind in kinds]:
    read = Image.open(here / name)
    if "transparent" in name:
        white = Image.new("RGBA", read.size, "white")
        read = Image.alpha_composite(white, read.convert("RGBA"))
    mode = "L" if read.mode in ("L", "1") else "RGB"
    np.save(here / f"{name}.npy", np.asarray(read.convert(mode)))
