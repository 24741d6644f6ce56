"""SpanMarker's own Trainer (fp32, batches of 8) and `predict`, with its defaults.

It classifies spans of up to 8 words, so paragraphs are spread over several rows of at most 128
spans. That happens inside its Trainer and is timed, as its users pay for it.
"""

import os
from pathlib import Path
from typing import Any, Callable, Dict, List

os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

from datasets import Dataset, disable_caching
from span_marker import SpanMarkerModel, Trainer

from . import Job, read_part, spans_to_tags
from .hugging_face import trainer_arguments

PREDICT_BATCH = 32

# Otherwise the second run would find the first one's rows in a cache.
disable_caching()


class SpanMarker:
    def __init__(self, job: Job):
        self.job = job
        self.tag_names = ["O", *(f"{p}-{label}" for label in job.labels for p in "BI")]

    def build(self) -> None:
        self.model = SpanMarkerModel.from_pretrained(self.job.encoder, labels=self.tag_names)

    def training(self, part: str, *, epochs: int) -> Callable[[], Any]:
        arguments = trainer_arguments(self.job, epochs=epochs)
        paragraphs = read_part(self.job, part)
        rows = {
            "tokens": [p["words"] for p in paragraphs],
            "ner_tags": [[self.tag_names.index(tag) for tag in p["tags"]] for p in paragraphs],
        }
        trainer = Trainer(model=self.model, args=arguments, train_dataset=Dataset.from_dict(rows))
        return lambda: trainer.train()

    def save(self, path: Path) -> None:
        # Not `save_pretrained`, which asks the model hub about the encoder for its model card.
        self.model.config.save_pretrained(path)
        super(SpanMarkerModel, self.model).save_pretrained(path)  # type: ignore[misc]
        self.model.tokenizer.save_pretrained(path)

    def load(self, path: Path) -> None:
        self.model = SpanMarkerModel.from_pretrained(str(path))

    def prediction(self, part: str) -> Callable[[], int]:
        texts = [paragraph["text"] for paragraph in read_part(self.job, part)]
        return lambda: sum(map(len, self.model.predict(texts, batch_size=PREDICT_BATCH)))

    def tags(self, part: str) -> List[List[str]]:
        words = [paragraph["words"] for paragraph in read_part(self.job, part)]
        found: List[List[Dict[str, Any]]] = self.model.predict(words, batch_size=PREDICT_BATCH)
        return [
            spans_to_tags(
                [(e["word_start_index"], e["word_end_index"], e["label"]) for e in entities], len(w)
            )
            for entities, w in zip(found, words)
        ]
