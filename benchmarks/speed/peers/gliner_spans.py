"""GLiNER-style training: its model on our encoder, its trainer (fp32, batches of 8), `inference`.

A GLiNER reads the label names beside the text and scores every span of up to 12 words against each.
"""

import tempfile
from pathlib import Path
from typing import Any, Callable, List

from gliner import GLiNER, GLiNERConfig

from . import Job, chars_to_words, read_part, spans_to_tags

BATCH = 8
PREDICT_BATCH = 32


class Gliner:
    def __init__(self, job: Job):
        self.job = job

    def build(self) -> None:
        config = GLiNERConfig(model_name=self.job.encoder)
        self.model = GLiNER.from_config(config)

    def training(self, part: str, *, epochs: int) -> Callable[[], Any]:
        rows = [
            {
                "tokenized_text": paragraph["words"],
                # GLiNER's ends are inclusive.
                "ner": [[start, end - 1, label] for start, end, label in paragraph["spans"]],
                "ner_labels": self.job.labels,
            }
            for paragraph in read_part(self.job, part)
        ]
        folder = tempfile.gettempdir()
        arguments = self.model.create_training_args(
            folder,
            learning_rate=self.job.learn_rate,
            per_device_train_batch_size=BATCH,
            num_train_epochs=epochs,
            max_steps=-1,  # its default, 10,000, would overrule the epochs
            save_strategy="no",
            disable_tqdm=True,
            dataloader_num_workers=0,
            seed=self.job.seed,
        )
        return lambda: self.model.train_model(rows, None, training_args=arguments)

    def save(self, path: Path) -> None:
        self.model.save_pretrained(path)

    def load(self, path: Path) -> None:
        self.model = GLiNER.from_pretrained(str(path), local_files_only=True)

    def prediction(self, part: str) -> Callable[[], int]:
        texts = [paragraph["text"] for paragraph in read_part(self.job, part)]
        return lambda: sum(map(len, self._infer(texts)))

    def tags(self, part: str) -> List[List[str]]:
        paragraphs = read_part(self.job, part)
        found = self._infer([" ".join(paragraph["words"]) for paragraph in paragraphs])
        return [
            spans_to_tags(chars_to_words(entities, paragraph["words"]), len(paragraph["words"]))
            for entities, paragraph in zip(found, paragraphs)
        ]

    def _infer(self, texts: List[str]) -> Any:
        self.model.eval()
        return self.model.inference(texts, self.job.labels, batch_size=PREDICT_BATCH)
