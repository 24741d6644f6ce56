"""One run of one contestant in a process of its own: `python -m peers.child JOB.json RESULT.json`.

Builds, warms up with one pass over as many other paragraphs, then times; so `seconds` holds no
import, no model loading and no first touch of memory, but every word that is new.
`peak_gb` is this process' own and holds them all.
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any, Dict

from . import Job, make, read_part

SIDE = 2048  # of the matrices whose product is the yardstick


def main(job_path: str, result_path: str) -> None:
    job = Job(**json.loads(Path(job_path).read_text(encoding="utf8")))
    import torch

    torch.set_num_threads(job.threads)
    torch.manual_seed(job.seed)
    result = {"train": train, "predict": predict, "quality": quality, "matrix": matrix}[job.task](
        job
    )
    # Kilobytes on Linux, bytes on macOS.
    unit = 2**30 if sys.platform == "darwin" else 2**20
    result["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    Path(result_path).write_text(json.dumps(result), encoding="utf8")


def train(job: Job) -> Dict[str, Any]:
    """An epoch over the timed paragraphs; the model is kept for `predict`."""
    contestant = make(job)
    contestant.build()
    contestant.training("warm", epochs=1)()
    run = contestant.training("timed", epochs=1)
    seconds = timed(run)
    job.model.parent.mkdir(parents=True, exist_ok=True)
    contestant.save(job.model)
    return {"seconds": seconds}


def predict(job: Job) -> Dict[str, Any]:
    contestant = make(job)
    contestant.load(job.model)
    contestant.prediction("warm")()
    run = contestant.prediction("timed")
    n_entities = 0

    def count() -> None:
        nonlocal n_entities
        n_entities = run()

    seconds = timed(count)
    return {"seconds": seconds, "entities": n_entities}


def quality(job: Job) -> Dict[str, Any]:
    """Strict F1 on the test paragraphs after some epochs over all of the training data."""
    from spacy_sciner.scoring.scores import micro

    contestant = make(job)
    contestant.build()
    seconds = timed(contestant.training("train", epochs=job.epochs))
    golds = [paragraph["tags"] for paragraph in read_part(job, "test")]
    precision, recall, f1 = micro(golds, contestant.tags("test"))
    return {"seconds": seconds, "precision": precision, "recall": recall, "f1": f1}


def matrix(job: Job) -> Dict[str, Any]:
    """Operations a second of a product of two square matrices, the best of a few tries."""
    import torch

    rates = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        a, b = (torch.randn(SIDE, SIDE, dtype=dtype) for _ in range(2))
        a @ b
        best = min(timed(lambda a=a, b=b: a @ b) for _ in range(8))  # type: ignore[misc]
        rates[f"{name}_gflops"] = 2 * SIDE**3 / best / 1e9
    return rates


def timed(run: Any) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
