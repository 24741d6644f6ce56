"""`distil`: the encoder learns a larger one's token states, or its self-attention, on bare text.

Both have to cut words into the same pieces, so that tokens correspond one to one.
"""

import tempfile
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import torch
from spacy.tokens import Doc
from torch import Tensor

from ..errors import Errors, ScinerError
from ..models.distil import DistilModel, RelationModel
from ..models.encoders import copy_encoder, write_encoder
from ..models.head import load_encoder
from ..models.shim import resolve_device
from .concept_rows import padded_width, places_of
from .job import Job, Result, train_task
from .rows import Row, Vocabulary, batch_rows, batch_size, cut_batch, cut_rows, pad_rows
from .teacher_layer import choose_layer

PLACES_STEP = 256
BATCH_PIECES = 1024  # four times the steps of 4,096 in about the same time (docs/adapt.md)


class DistilTask:
    """Rows of the text, in the student's pieces and in the teacher's.

    number (np.ndarray): The teacher's number of each of the student's pieces.
    """

    def __init__(
        self,
        job: Job,
        teacher: Path,
        of_student: Vocabulary,
        of_teacher: Vocabulary,
        rows: Sequence[Row],
        held: Sequence[Row],
        number: np.ndarray,
    ):
        self.seed = job.settings.adapt.seed
        self.batch_pieces = batch_size(job.settings.adapt, BATCH_PIECES)
        self.of_student, self.of_teacher = of_student, of_teacher
        self.rows, self.held, self.number = rows, held, number
        torch.manual_seed(self.seed)
        self.device = resolve_device(job.settings.device)
        model = RelationModel if job.settings.adapt.distil.match == "relations" else DistilModel
        self.module = model(load_encoder(str(job.encoder)), load_encoder(str(teacher)))

    def batches(self, epoch: int) -> List[List[int]]:
        return self._batches(self.rows, np.random.default_rng((self.seed, 1, epoch)))

    def parts(self, batch: List[int], rng: np.random.Generator) -> List[Tuple[Tensor, ...]]:
        longest = max(len(self.rows[i].ids) for i in batch) + self.of_student.n_around
        parts = cut_batch(batch, longest, device=self.device)
        return [self._tensors([self.rows[i] for i in part]) for part in parts]

    def held_out(self) -> List[Tuple[Tensor, ...]]:
        batches = self._batches(self.held, np.random.default_rng((self.seed, 2)))
        longest = [max(len(self.held[i].ids) for i in batch) for batch in batches]
        return [
            self._tensors([self.held[i] for i in part])
            for batch, length in zip(batches, longest, strict=True)
            for part in cut_batch(batch, length + self.of_student.n_around, device=self.device)
        ]

    def _batches(self, rows: Sequence[Row], rng: np.random.Generator) -> List[List[int]]:
        lengths = [len(row.ids) + self.of_student.n_around for row in rows]
        return batch_rows(lengths, batch_pieces=self.batch_pieces, rng=rng)

    def _tensors(self, rows: Sequence[Row]) -> Tuple[Tensor, ...]:
        ids, lengths = pad_rows([row.ids for row in rows], self.of_student)
        teachers, _ = pad_rows([self.number[row.ids] for row in rows], self.of_teacher)
        width = padded_width(rows, self.of_student)
        places = places_of(rows, width, len(self.of_student.prefix), PLACES_STEP)
        return (
            torch.from_numpy(ids),
            torch.from_numpy(teachers),
            torch.from_numpy(np.maximum(places, 0)),
            torch.from_numpy(places >= 0),
            torch.from_numpy(lengths),
        )


def run(job: Job) -> Result:
    """RAISES (ScinerError): SCINER-E338 if the two encoders cut words differently, E565 if
    relations of layers are asked for that are not known, E574, E304, E305."""
    source: Any = job.settings.adapt.distil.teacher
    with tempfile.TemporaryDirectory() as folder:
        teacher = Path(folder) / "teacher"
        copy_encoder(source.name, teacher, sha256=source.sha256, keep_layers=source.keep_layers)
        of_student, of_teacher = Vocabulary(job.encoder), Vocabulary(teacher)
        window = job.settings.adapt.window
        of_teacher.check_window(window)
        train, held = (
            cut_rows(docs, of_student, window=window)
            for docs in (job.text.train, job.text.held_out)
        )
        number = same_pieces(of_student, of_teacher, [*job.text.train, *job.text.held_out])
        learnt: Dict[str, Any] = {}
        asked = job.settings.adapt.distil
        if asked.layer == "auto" and asked.match == "states":
            learnt = _cut_to_best(teacher, of_teacher, train, held, number, job)
        task = DistilTask(job, teacher, of_student, of_teacher, train, held, number)
        result = train_task(job, task)
    write_encoder(task.module.student, job.encoder, job.out)
    return result._replace(figures={**result.figures, **learnt})


def _cut_to_best(
    teacher: Path,
    vocabulary: Vocabulary,
    train: Sequence[Row],
    held: Sequence[Row],
    number: np.ndarray,
    job: Job,
) -> Dict[str, Any]:
    """Leave out the teacher's layers above the one to learn; for the figures."""
    train, held = ([row._replace(ids=number[row.ids]) for row in rows] for rows in (train, held))
    job.say("choosing the teacher's layer: which one tells masked words?")
    choice = choose_layer(teacher, vocabulary, train, held, settings=job.settings)
    why = "" if choice.explained else ": there is too little text to choose another"
    job.say(f"layer {choice.layer} is learnt{why}")
    copied = teacher.with_name("whole")
    teacher.rename(copied)
    copy_encoder(str(copied), teacher, keep_layers=choice.layer)
    return {"layer": choice.layer, "explained": choice.explained}


def same_pieces(student: Vocabulary, teacher: Vocabulary, docs: Sequence[Doc]) -> np.ndarray:
    """The teacher's number of each of the student's pieces that the text has.

    RAISES (ScinerError): SCINER-E338 if a word of the text is cut differently, or the special
        tokens around a text are not as many.
    """
    orths = np.unique(np.concatenate([np.atleast_1d(doc.to_array("ORTH")) for doc in docs]))
    words = [docs[0].vocab.strings[orth] for orth in orths.tolist()]
    ours, theirs = student.wordpieces(words), teacher.wordpieces(words)
    tokenizer, number = student.wordpieces.tokenizer, teacher.wordpieces.tokenizer.token_to_id
    found = np.full(tokenizer.get_vocab_size(), -1, dtype=np.int64)
    for i in {i for ids in ours for i in ids}:
        in_theirs = number(tokenizer.id_to_token(i))
        found[i] = -1 if in_theirs is None else in_theirs
    differ = [word for word, ids, other in zip(words, ours, theirs) if found[ids].tolist() != other]
    around = (len(student.prefix), len(student.suffix)) != (
        len(teacher.prefix),
        len(teacher.suffix),
    )
    if differ or around:
        examples = ", ".join(differ[:5]) or "the special tokens around a text"
        raise ScinerError(Errors.E338.format(n=len(differ), of=len(words), examples=examples))
    return found
