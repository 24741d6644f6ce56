"""Whether prediction in int8 would be faster than in bf16: `python benchmarks/speed/int8.py`.

Times the four matrix products of an encoder's layer on so many word-pieces, on one thread, in bf16
and in int8 by oneDNN's kernel with packed weights. The first three quantise their input first, with
PyTorch's operations; GELU follows the third in the same pass, and in int8 gives what the fourth
takes. Scales are taken as known, which is int8's best case. Needs no model. Writes
benchmarks/results/int8.json and, from it, benchmarks/speed/int8.md.
"""

import sys
import time
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Callable, Dict, List

import torch
import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record
from tables import generated_by, table, text_of, write_page

NAMES = ("query, key, value", "attention's output", "into the inner layer, GELU", "out of it")
KEYS = ("bf16_ms", "int8_ms", "quantise_ms")
ZERO_POINT = 128


def main(
    width: Annotated[int, typer.Option(help="The encoder's; inner layers are 4 times it.")] = 384,
    pieces: Annotated[int, typer.Option(help="Rows: word-pieces in a batch.")] = 2048,
    repeats: Annotated[int, typer.Option(help="Runs behind each median.")] = 50,
) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    sizes = ((width, 3 * width), (width, width), (width, 4 * width), (4 * width, width))
    rows: List[Dict[str, Any]] = []
    for i, (name, (n_in, n_out)) in enumerate(zip(NAMES, sizes)):
        row: Dict[str, Any] = {"product": name, "inputs": n_in, "outputs": n_out, "pieces": pieces}
        times = measure(pieces, n_in, n_out, repeats, gelu=i == 2)
        rows.append({**row, **times, **({"quantise_ms": 0.0} if i == 3 else {})})
    write_page(__file__, "int8", page(record("int8", rows)))


def measure(pieces: int, n_in: int, n_out: int, repeats: int, *, gelu: bool) -> Dict[str, float]:
    """Milliseconds, medians."""
    x, weight, bias = torch.randn(pieces, n_in), torch.randn(n_out, n_in), torch.randn(n_out)
    x_scale = float(x.abs().max() / 127)
    w_scales = weight.abs().amax(1) / 127
    packed = torch.ops.onednn.qlinear_prepack(
        (weight / w_scales[:, None]).round().to(torch.int8), [pieces, n_in]
    )
    x16, w16, b16 = (t.to(torch.bfloat16) for t in (x, weight, bias))

    def quantise() -> Any:
        q = torch.quantize_per_tensor(x16.float(), x_scale, ZERO_POINT, torch.quint8)
        return q.int_repr()

    x8, zeros = quantise(), torch.zeros(n_out, dtype=torch.int64)
    after: Any = ("gelu", [], "none") if gelu else ("none", [], "")
    # Of the output: scale, zero point and type; its range here is that of a normal distribution.
    output = (0.05, 4, torch.uint8) if gelu else (1.0, 0, torch.bfloat16)
    linear = torch.ops.mkldnn._linear_pointwise
    return {
        "bf16_ms": timed(lambda: linear(x16, w16, b16, *after), repeats),
        "int8_ms": timed(
            lambda: torch.ops.onednn.qlinear_pointwise(
                x8, x_scale, ZERO_POINT, packed, w_scales, zeros, bias, *output, *after
            ),
            repeats,
        ),
        "quantise_ms": timed(quantise, repeats),
    }


def timed(run: Callable[[], Any], repeats: int) -> float:
    run()
    seconds: List[float] = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return 1000 * median(seconds)


def page(result: Dict[str, Any]) -> str:
    rows = []
    for row in [*result["rows"], total(result["rows"])]:
        cells = [row[key] for key in KEYS]
        cells.append(row["int8_ms"] + row["quantise_ms"])
        rows.append([row["product"], *(f"{cell:.2f}" for cell in cells)])
    what = f"one thread, {result['rows'][0]['pieces']} word-pieces, milliseconds."
    header = ["product", "bf16", "int8", "quantising its input", "int8 with quantising"]
    return text_of(generated_by(result, what), table(header, rows, left=1))


def total(rows: List[Dict[str, Any]]) -> Dict[str, Any]:
    return {"product": "**all**", **{key: sum(row[key] for row in rows) for key in KEYS}}


if __name__ == "__main__":
    typer.run(main)
