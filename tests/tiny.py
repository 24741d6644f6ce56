"""Small data and small encoders that the tests share. Everything is deterministic."""

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab

# (words, tags); three types, one and two words long, with words that fall into several pieces.
SENTENCES: List[Tuple[str, str]] = [
    ("we train BERT on SQuAD .", "O O B-Method O B-Dataset O"),
    ("Random Forest reaches 91 accuracy", "B-Method I-Method O O B-Metric"),
    ("on GLUE the F1 of BERT drops", "O B-Dataset O B-Metric O B-Method O"),
    ("a Random Forest on SQuAD", "O B-Method I-Method O B-Dataset"),
    ("accuracy and F1 on GLUE", "B-Metric O B-Metric O B-Dataset"),
    ("the paper reaches nothing .", "O O O O O"),
    ("we train a Random Forest .", "O O O B-Method I-Method O"),
    ("BERT drops on GLUE .", "B-Method O O B-Dataset O"),
]
LABELS = ["Dataset", "Method", "Metric"]

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / "configs"

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_WHOLE = "we train on . random reaches accuracy the of drops a and paper nothing bert glue"
_PIECES = "s ##qua ##d for ##est 9 ##1 f ##a ##e ##1 ##2 un ##known ##x ##y x y z"


def build_wordpiece_encoder(path: Path, **settings: Any) -> Path:
    """An uncased BERT with random weights."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    path.mkdir(parents=True)
    vocab = [*_SPECIAL, *f"{_WHOLE} {_PIECES}".split()]
    (path / "vocab.txt").write_text("\n".join(dict.fromkeys(vocab)) + "\n", encoding="utf8")
    tokenizer = BertTokenizerFast(str(path / "vocab.txt"), do_lower_case=True)
    tokenizer.save_pretrained(path)
    _save(BertConfig, BertModel, path, vocab_size=len(tokenizer), **settings)
    return path


def build_bpe_encoder(path: Path, *, n_pieces: int = 300, **settings: Any) -> Path:
    """A RoBERTa with random weights and a byte-level vocabulary: it drops no string."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaModel, RobertaTokenizerFast

    path.mkdir(parents=True)
    bpe = ByteLevelBPETokenizer(add_prefix_space=True)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    texts = [text for text, _ in SENTENCES]
    bpe.train_from_iterator(texts, vocab_size=n_pieces, special_tokens=special, show_progress=False)
    bpe.save_model(str(path))
    tokenizer = RobertaTokenizerFast(
        str(path / "vocab.json"), str(path / "merges.txt"), add_prefix_space=True
    )
    tokenizer.save_pretrained(path)
    sizes = {"max_position_embeddings": 66, "pad_token_id": 1, "type_vocab_size": 1}
    _save(RobertaConfig, RobertaModel, path, vocab_size=len(tokenizer), **{**sizes, **settings})
    return path


def _save(config_type: Any, model_type: Any, path: Path, **settings: Any) -> None:
    import torch

    sizes: Dict[str, Any] = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 64,
        "initializer_range": 0.2,  # wide enough to learn from in a few dozen steps
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model_type(config_type(**{**sizes, **settings})).save_pretrained(path)


def gold_docs(vocab: Optional[Vocab] = None, *, n_papers: int = 2) -> List[Doc]:
    vocab = vocab or Vocab()
    docs = []
    for i, (text, tags) in enumerate(SENTENCES):
        doc = make_doc(text.split(), tags.split(), vocab=vocab)
        doc.user_data.update(paper=f"P{i % n_papers}", paragraph=i, source="gold")
        docs.append(doc)
    return docs


def make_doc(
    words: Sequence[str], tags: Optional[Sequence[Optional[str]]] = None, *, vocab: Vocab
) -> Doc:
    """A doc from words and tags: "B-X", "I-X", "O", None for unknown; no tags = all unknown."""
    ents: Any = None if tags is None else list(tags)
    return Doc(vocab, words=list(words), ents=ents)


def make_examples(nlp: Language) -> List[Example]:
    return [Example(plain(nlp, doc), doc) for doc in gold_docs(nlp.vocab)]


def plain(nlp: Language, doc: Doc) -> Doc:
    """The same tokens and nothing else."""
    words, spaces = [t.text for t in doc], [bool(t.whitespace_) for t in doc]
    return Doc(nlp.vocab, words=words, spaces=spaces)


def model_config(encoder: Path, **settings: Any) -> Dict[str, Any]:
    """A `sciner` config over a tiny encoder, on the CPU and in full precision."""
    model = {
        "@architectures": "spacy-sciner.TransformerTagger.v1",
        "name": str(encoder),
        "window": 32,
        "overlap": 8,
        "batch_pieces": 512,
        "device": "cpu",
        "precision": "fp32",
        **settings,
    }
    return {"model": model}


def cnn_config(**settings: Any) -> Dict[str, Any]:
    """A `sciner` config over spaCy's CNN, the smallest there is."""
    tok2vec = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 16,
        "depth": 1,
        "embed_size": 200,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    }
    architecture = "spacy-sciner.TokenTagger.v1"
    return {"model": {"@architectures": architecture, "tok2vec": tok2vec, **settings}}


def overfit(nlp: Language, *, steps: int, learn_rate: float = 0.01) -> List[float]:
    """Initialise on the sentences and train on all of them at once; RETURNS the losses."""
    import torch
    from thinc.api import Adam, fix_random_seed

    fix_random_seed(0)
    torch.manual_seed(0)
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    optimizer = Adam(learn_rate, L2=0.0, grad_clip=1.0, use_averages=False)
    losses = []
    for _ in range(steps):
        found: Dict[str, float] = {}
        nlp.update(examples, sgd=optimizer, drop=0.0, losses=found)
        losses.append(found["sciner"])
    return losses


def ents_of(doc: Doc) -> List[Tuple[int, int, str]]:
    return [(ent.start, ent.end, ent.label_) for ent in doc.ents]
