"""Mentions with concepts of labels, definitions and candidates."""

from phrase_texts import doc_of, mining_docs, mining_gold

from spacy_sciner.phrases.concepts import of_candidates, of_definitions, of_labels


def told(source):
    return {line.text: [(e[0], e[1]) for e in line.entities] for line in source.lines}


def test_labels_are_concepts_in_words_with_their_meanings():
    doc = doc_of("The moss\nkiln is here.", ents=["moss\nkiln"])
    found = of_labels([doc, doc_of("nothing")], {"Method": "how something is done"})
    (line,) = found.lines
    assert line.text == "The moss kiln is here."
    assert line.entities == [("moss kiln", "method", "how something is done")]
    assert found.left_out == {"texts without mention": 1}
    assert of_labels([doc], {}).lines[0].entities[0][2] == ""


def test_both_forms_are_found_all_over_their_paper():
    docs = [
        doc_of("We build sand ovens (SOs)-like things.", paper="a"),
        doc_of("All SOs are hot, as sand ovens are; SOsX is not.", paper="a"),
        doc_of("Here SOs is somebody else.", paper="b"),
    ]
    found = of_definitions(docs)
    assert told(found) == {
        docs[0].text: [("sand ovens", "oven"), ("SOs", "oven")],
        docs[1].text: [("sand ovens", "oven"), ("SOs", "oven")],
    }
    assert found.left_out == {"texts without mention": 1}


def test_a_form_without_head_noun_is_counted_and_the_first_definition_counts():
    docs = [doc_of("See level 15 (L15). The sand oven (SO) and a salt orchard (SO).")]
    found = of_definitions(docs)
    assert told(found) == {
        docs[0].text: [("sand oven", "oven"), ("SO", "oven"), ("salt orchard", "orchard")]
    }
    assert found.left_out == {"definitions without head noun": 1}


def test_candidates_need_a_head_that_other_phrases_have():
    """Of the six mined phrases, two are kilns when a sorter becomes one."""
    docs = [
        doc_of(doc.text.replace("pebble sorter", "pebble kiln"), paper=doc.user_data["paper"])
        for doc in mining_docs()
    ]
    gold = [doc_of("a pebble kiln is", ents=["pebble kiln"]), *mining_gold()]
    found = of_candidates(docs, gold, seed=0)
    entities = {entity for line in found.lines for entity in line.entities}
    assert entities == {("pebble kiln", "kiln", ""), ("moss kiln", "kiln", "")}
    assert len(found.lines) == 80
    assert found.left_out["texts without mention"] == 160
    assert found.left_out["phrases of a head of their own"] >= 3
