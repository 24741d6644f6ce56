"""Predict shards on Ray: one actor a worker holds the model, lost ones are started again."""

import os
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from ..errors import Errors, ScinerError
from ..models.machine import set_threads, thread_settings, usable_cores
from .engine import TRIES, Engine, Results, Tasks, gpus_for
from .shards import ShardPredictor, Texts

IN_FLIGHT = 2  # shards at each actor: one in work, one waiting


class Predictor:
    """The actor. The model's files come with a shard, so that its machine needs no shared folder,
    and one that was started again gets them with the first shard it is given."""

    def __init__(self, threads: int):
        set_threads(threads)
        self.predict_shard: Optional[ShardPredictor] = None

    def predict(self, model: List[Any], texts: Texts) -> bytes:
        """model (List[ObjectRef]): Of a dict from names to contents; in a list, Ray does not fetch
        it for every shard."""
        if self.predict_shard is None:
            import ray

            with tempfile.TemporaryDirectory() as folder:
                for name, content in ray.get(model[0]).items():
                    path = Path(folder, name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                self.predict_shard = ShardPredictor(Path(folder))
        return self.predict_shard(texts)


def run_on_ray(model: Path, tasks: Tasks, n_tasks: int, engine: Engine) -> Results:
    """As `run_shards`. A cluster is left running, a Ray started here is shut down."""
    ray = _import_ray()
    wants_gpu = gpus_for(model) > 0
    started = not ray.is_initialized()
    if started:
        _connect(ray, engine.ray_address)
    try:
        names = sorted(p for p in model.rglob("*") if p.is_file())
        files = ray.put({p.relative_to(model).as_posix(): p.read_bytes() for p in names})
        actors = _start_actors(ray, n_tasks, engine, wants_gpu=wants_gpu)
        yield from _run(ray, actors, files, tasks)
    finally:
        if started:
            ray.shutdown()


def _import_ray() -> Any:
    try:
        import ray
    except ImportError as e:
        raise ScinerError(Errors.E318.format(reason=e)) from e
    return ray


def _connect(ray: Any, address: Any) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address:
        ray.init(address=address, log_to_driver=False, logging_level="error")
    else:
        ray.init(
            address="local",  # without it Ray would join whatever cluster it finds
            num_cpus=usable_cores(),
            include_dashboard=False,
            log_to_driver=False,
            logging_level="error",
        )


def _start_actors(ray: Any, n_tasks: int, engine: Engine, *, wants_gpu: bool) -> List[Any]:
    resources = ray.cluster_resources()
    cores, gpus = int(resources.get("CPU", 1)), int(resources.get("GPU", 0))
    on_gpu = wants_gpu and gpus > 0
    workers = engine.n_workers(n_tasks, n_gpus=gpus if on_gpu else 0, n_cores=cores)
    threads = max(1, cores // workers)
    options = {
        # Less than a core each, where more workers are wanted than there are cores.
        "num_cpus": min(threads, cores / workers),
        "num_gpus": min(1, gpus / workers) if on_gpu else 0,
        "max_restarts": -1,
        "max_task_retries": TRIES - 1,
        "runtime_env": {"env_vars": thread_settings(threads)},
    }
    remote = ray.remote(Predictor).options(**options)
    return [remote.remote(threads) for _ in range(workers)]


def _run(ray: Any, actors: List[Any], files: Any, tasks: Tasks) -> Results:
    given: Dict[Any, Tuple[int, Any]] = {}

    def give(actor: Any) -> None:
        task = next(tasks, None)
        if task is not None:
            given[actor.predict.remote([files], task[1])] = (task[0], actor)

    for _ in range(IN_FLIGHT):
        for actor in actors:
            give(actor)
    while given:
        done, _ = ray.wait(list(given), num_returns=1)
        shard_i, actor = given.pop(done[0])
        give(actor)
        yield shard_i, _result(ray, done[0], shard_i)


def _result(ray: Any, reference: Any, shard_i: int) -> bytes:
    try:
        result: bytes = ray.get(reference)
    except ray.exceptions.RayTaskError as e:
        if isinstance(e.cause, ScinerError):
            raise ScinerError(str(e.cause)) from None
        raise
    except ray.exceptions.RayActorError as e:
        why = str(e).strip().splitlines()[0]
        raise ScinerError(Errors.E317.format(shard=shard_i, n=TRIES, why=why)) from e
    return result
