"""transformers' `Trainer` and its token-classification pipeline, as they come.

fp32, batches of 8, each padded to its own longest paragraph. Words become pieces before the clock
starts, as `datasets.map` would do it once before training.
"""

import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List

import numpy as np
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
    pipeline,
)

from . import Job, read_part

BATCH = 8
PIPELINE_BATCH = 32
NOT_SCORED = -100  # PyTorch's label of what the loss leaves out: all but a word's first piece


def trainer_arguments(job: Job, *, epochs: int) -> TrainingArguments:
    """A Trainer's defaults, but for batches of 8, the job's learning rate, and nothing saved."""
    with tempfile.TemporaryDirectory() as folder:
        return TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=BATCH,
            num_train_epochs=epochs,
            learning_rate=job.learn_rate,
            warmup_ratio=0.1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            seed=job.seed,
        )


class HuggingFace:
    def __init__(self, job: Job):
        self.job = job
        self.tag_names = ["O", *(f"{p}-{label}" for label in job.labels for p in "BI")]

    def build(self) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(self.job.encoder)
        self.model = AutoModelForTokenClassification.from_pretrained(
            self.job.encoder,
            id2label=dict(enumerate(self.tag_names)),
            label2id={name: i for i, name in enumerate(self.tag_names)},
        )

    def training(self, part: str, *, epochs: int) -> Callable[[], None]:
        self.trainer = Trainer(
            model=self.model,
            args=trainer_arguments(self.job, epochs=epochs),
            train_dataset=self._encode(part),
            data_collator=DataCollatorForTokenClassification(self.tokenizer),
        )
        return lambda: self.trainer.train() and None

    def save(self, path: Path) -> None:
        self.model.save_pretrained(path)
        self.tokenizer.save_pretrained(path)

    def load(self, path: Path) -> None:
        self.pipe = pipeline(
            "token-classification",
            model=str(path),
            batch_size=PIPELINE_BATCH,
            aggregation_strategy="simple",
        )

    def prediction(self, part: str) -> Callable[[], int]:
        texts = [paragraph["text"] for paragraph in read_part(self.job, part)]
        return lambda: sum(map(len, self.pipe(texts)))

    def tags(self, part: str) -> List[List[str]]:
        """A word's tag is that of its first piece; words cut off are O."""
        rows = self._encode(part)
        scores = self.trainer.predict(rows).predictions  # type: ignore[arg-type]
        tags = []
        for paragraph, row, row_scores in zip(read_part(self.job, part), rows, scores):
            words = ["O"] * len(paragraph["words"])
            best = np.argmax(row_scores[: len(row["labels"])], axis=-1)
            for word_i, label, tag_i in zip(row["word_ids"], row["labels"], best):
                if label != NOT_SCORED:
                    words[word_i] = self.tag_names[tag_i]
            tags.append(words)
        return tags

    def _encode(self, part: str) -> List[Dict[str, Any]]:
        """Pieces with the tag of their word at its first piece."""
        rows = []
        for paragraph in read_part(self.job, part):
            encoding = self.tokenizer(
                paragraph["words"], is_split_into_words=True, truncation=True, max_length=512
            )
            word_ids = encoding.word_ids()
            labels = [
                NOT_SCORED
                if word_i is None or word_i == before
                else self.tag_names.index(paragraph["tags"][word_i])
                for before, word_i in zip([None, *word_ids], word_ids)
            ]
            rows.append({**encoding, "labels": labels, "word_ids": word_ids})
        return rows
