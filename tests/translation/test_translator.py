import itertools
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.marian import tiny_marian
from wechat_text.document import Link, Segment, Span
from wechat_text.errors import InvalidTextError, ModelFormatError, TranslationError, UnknownNameError
from wechat_text.models.spec import Calibration, Decoding
from wechat_text.translation import TranslatedText, Translator
from wechat_text.translation.backends import Hypothesis
from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend
from wechat_text.translation.marian import MarianTranslator
from wechat_text.translation.pivot import compose
from wechat_text.translation.tokenization import Tokenizer

DICTIONARY = {"Ein": "A", "Satz": "sentence", "Noch": "Yet", "einer": "another", "Ja": "Yes", "Wang": "Wang"}


class WordByWord:
    """A backend that looks words up, keeps what it does not know, and can be told to misbehave."""

    max_positions = 128

    def __init__(self, answer=None, words=DICTIONARY):
        self.answer = answer
        self.words = words
        self.calls = []

    def search(self, sources, options):
        self.calls.append([list(source) for source in sources])
        return [[self._one(source, options)] for source in sources]

    def attention(self, sources, targets):
        return [_one_to_one(len(t), len(s) - 1) for s, t in zip(sources, targets, strict=True)]

    def scores(self, sources, targets):
        return [-1.0] * len(targets)

    def _one(self, source, options):
        if self.answer is not None:
            tokens = self.answer(options)
            return Hypothesis(tuple(tokens), -1.0, len(tokens) < options.room(len(source)))
        return Hypothesis(tuple(self._word(token) for token in source[:-1]), -0.5, True)

    def _word(self, token):
        word = token.removeprefix("\u2581")
        return token.replace(word, self.words.get(word, word)) if word else token


def _one_to_one(rows, columns):
    return np.eye(rows, dtype=np.float32) if rows == columns else np.full((rows, columns), 0.3, np.float32)


class WordProcessor:
    """A sentencepiece processor with words and signs as pieces."""

    def encode(self, text, out_type):
        pieces = []
        for word in text.split():
            end = len(word)
            while end > 1 and not word[end - 1].isalnum():
                end -= 1
            pieces += ["\u2581" + word[:end], *word[end:]]
        return pieces

    def normalize(self, text, with_offsets):
        out, origin = "", []
        for i, character in enumerate(text):
            if character.isspace():
                continue
            if i == 0 or text[i - 1].isspace():
                out += "\u2581"
                origin.append(i)
            out += character
            origin.append(i)
        return out, [*origin, len(text.rstrip())]


def translator(backend=None, target="en", source="de", **settings):
    made = Tokenizer(WordProcessor(), WordProcessor(), ())
    return Translator([MarianTranslator(backend or WordByWord(), made, source, target, **settings)])


def one(text, backend=None, **settings):
    return next(translator(backend, **settings).translate([text]))


def test_one_result_for_each_text_in_order():
    results = list(translator().translate(["Ja.", "Ein Satz. Noch einer.", ""]))
    assert [result.text for result in results] == ["Yes.", "A sentence. Yet another.", ""]
    assert [len(result.segments) for result in results] == [1, 2, 0]


def test_links_and_segments_have_offsets_in_the_whole_text():
    result = one("Ja.  Ein Satz.\n\nNoch einer.")
    assert result.text == "Yes. A sentence.\n\nYet another."
    linked = [(link.source.of(result.source), link.target.of(result.text)) for link in result.links]
    assert ("Satz", "sentence") in linked
    assert ("einer", "another") in linked
    assert [s.target.of(result.text) for s in result.segments] == ["Yes.", "A sentence.", "Yet another."]


def test_chinese_sentences_are_joined_without_blanks_but_lines_stay():
    words = {"Ein": "一", "Satz": "句", "Noch": "又", "einer": "一"}
    assert (
        one("Ein Satz. Noch einer.\nEin Satz.", WordByWord(words=words), target="zh").text
        == "一句。又一。\n一句。"
    )


def test_marks_around_a_quotation_survive_and_are_linked():
    result = one("„Ein Satz. Noch einer.“")
    assert result.text == "“A sentence. Yet another.”"
    assert Link(Span(0, 1), Span(0, 1), 1.0) in result.links


def test_equal_segments_are_translated_once():
    backend = WordByWord()
    list(translator(backend).translate(["Ein Satz.", "Ein Satz. Ein Satz."]))
    assert sum(map(len, backend.calls)) == 1


def test_a_stream_is_read_as_results_are_asked_for():
    read = itertools.count()
    texts = (f"Satz {next(read)}." for _ in itertools.repeat(None))
    results = translator().translate(texts)
    assert next(results).text == "sentence 0."
    assert next(read) < 2000


@pytest.mark.parametrize("text", ["12,5 % 😀", "https", "…", "😀" * 5000, "2015 2016", "https://a.de/b?c=1"])
def test_what_has_no_words_is_passed_through_without_the_model(text):
    backend = WordByWord()
    result = one(text, backend)
    if text != "https":
        assert backend.calls == []
        assert result.text == text
        assert result.score is None


def test_a_model_that_writes_nothing_leaves_the_source_with_a_flag():
    result = one("Ein Satz.", WordByWord(lambda options: []))
    assert result.text == "Ein Satz."
    assert "wrote nothing" in result.segments[0].flags[0]


def test_a_model_that_never_ends_is_flagged():
    result = one("Ein Satz.", WordByWord(lambda options: ["\u2581go"] * options.room(5)))
    assert any("come to an end" in flag for flag in result.flags)
    assert any("over and over" in flag for flag in result.flags)


def test_a_bad_answer_is_tried_again_with_other_settings():
    backend = WordByWord(
        lambda options: ["\u2581A", "\u2581go"] if options.no_repeat_ngram else ["\u2581go"] * 20
    )
    result = one("Ein Satz.", backend)
    assert result.text == "A go"
    assert result.flags == ()


class Undecided(WordByWord):
    """A backend with three hypotheses: a probable one, and two that are nearly the same."""

    WRITTEN = (("\u2581A", "\u2581cat"), ("\u2581The", "\u2581dogs"), ("\u2581The", "\u2581dog"))
    SCORES = (-0.5, -0.5, -0.5)

    def search(self, sources, options):
        written = zip(self.WRITTEN, self.SCORES, strict=True)
        found = [Hypothesis(tokens, score, True) for tokens, score in written]
        return [found for _ in sources]


@pytest.mark.parametrize(("consensus", "text"), [(False, "A cat"), (True, "The dogs")])
def test_with_consensus_the_hypothesis_that_agrees_with_others_is_taken(consensus, text):
    assert one("Ein Satz.", Undecided(), decoding=Decoding(consensus=consensus)).text == text


def test_a_faultless_hypothesis_goes_before_the_one_most_agreed_on():
    backend = Undecided()
    backend.WRITTEN = (("\u2581A", "\u2581cat"), ("\u2581dog",) * 9, ("\u2581dog",) * 8)
    assert one("Ein Satz.", backend, decoding=Decoding(consensus=True)).text == "A cat"


def test_of_equally_faulty_hypotheses_the_one_most_agreed_on_is_taken():
    backend = Undecided()
    backend.WRITTEN = tuple((*tokens, "\u2581”") for tokens in Undecided.WRITTEN)
    backend.SCORES = (-0.4, -0.41, -0.42)
    result = one("Ein Satz.", backend, decoding=Decoding(consensus=True))
    assert result.text.startswith("The dogs")
    assert result.flags == ("a quotation mark without its partner",)


class Skipping(WordByWord):
    """Writes one word and looks at the first one of the source only."""

    def _one(self, source, options):
        return Hypothesis(("\u2581Yes",), -0.5, True)

    def attention(self, sources, targets):
        return [np.eye(len(t), len(s) - 1, dtype=np.float32) for s, t in zip(sources, targets, strict=True)]


def test_words_that_an_aligned_model_never_looked_at_are_told():
    source = "Ja, sagt Wang noch am Abend."
    assert one(source, Skipping(), aligned=True).flags == ("words left out: sagt Wang noch am Abend",)
    assert one("Ja, sagt Wang.", Skipping(), aligned=True).flags == ()
    assert one(source, Skipping()).flags == ()


class Forgetful(WordByWord):
    """Looks nine words up and forgets the others."""

    def _one(self, source, options):
        return Hypothesis(tuple(self._word(token) for token in source[:-1][:9]), -0.5, True)

    def attention(self, sources, targets):
        return [np.eye(len(t), len(s) - 1, dtype=np.float32) for s, t in zip(sources, targets, strict=True)]


def test_a_segment_that_words_are_left_out_of_is_translated_in_parts():
    source = "Ja Wang Ke in Halle, Noch einer Xi Li in Hongkong an Deng Mao"
    assert one(source, Forgetful()).text == "Yes Wang Ke in Halle, Yet another Xi"
    result = one(source, Forgetful(), aligned=True)
    assert result.flags == ()
    assert result.text == "Yes Wang Ke in Halle, Yet another Xi Li in Hongkong an Deng Mao"
    assert [segment.source.of(source) for segment in result.segments] == [
        "Ja Wang Ke in Halle,",
        "Noch einer Xi Li in Hongkong an Deng Mao",
    ]


def test_a_segment_that_the_model_writes_nothing_for_is_translated_in_parts():
    class Shy(WordByWord):
        def _one(self, source, options):
            found = super()._one(source, options)
            return found if len(source) < 12 else Hypothesis((), -0.5, True)

    result = one("Ja Wang Ke in Halle, Noch einer Xi Li in Hongkong an Deng Mao", Shy())
    assert result.text == "Yes Wang Ke in Halle, Yet another Xi Li in Hongkong an Deng Mao"
    assert result.flags == ()


def test_a_segment_that_cannot_be_cut_stays_whole_and_is_flagged(monkeypatch):
    monkeypatch.setattr(Tokenizer, "count", lambda *_: 1)
    source = "Ja Wang Ke in Halle, Noch einer Xi Li in Hongkong an Deng Mao"
    assert one(source, Forgetful(), aligned=True).flags == ("words left out: Li in Hongkong an Deng Mao",)


def test_a_given_translation_is_not_asked_what_it_left_out():
    [result] = translator(Skipping(), aligned=True).align([("Ja, sagt Wang noch am Abend.", "Yes.")])
    assert result.flags == ()


def test_a_long_text_is_cut_and_nothing_is_lost():
    result = one("Ein Satz und " * 3000)
    assert result.text.count("sentence") == 3000
    assert len(result.segments) > 50


def test_lone_surrogates_are_refused():
    with pytest.raises(InvalidTextError, match="surrogate"):
        list(translator().translate(["a\ud800"]))


def test_a_single_string_is_refused():
    with pytest.raises(TranslationError, match="list"):
        translator().translate("Ein Satz.")


def test_two_models_in_a_row_compose_segments_links_and_scores():
    made = Tokenizer(WordProcessor(), WordProcessor(), ())
    second = WordByWord(words={"A": "一", "sentence": "句", "Yes": "是"})
    models = [MarianTranslator(WordByWord(), made, "de", "en"), MarianTranslator(second, made, "en", "zh")]
    pivot = Translator(models)
    result = next(pivot.translate(["Ja. Ein Satz."]))
    assert (pivot.source, pivot.target) == ("de", "zh")
    assert result.text == "是。一句。"
    assert [s.source.of(result.source) for s in result.segments] == ["Ja.", "Ein Satz."]
    assert ("Satz", "句") in [(n.source.of(result.source), n.target.of(result.text)) for n in result.links]
    assert result.score == pytest.approx(-1.0)
    with pytest.raises(TranslationError, match="one model"):
        pivot.align([("Ja.", "是。")])


def test_a_calibrated_model_says_how_sure_it_is():
    [result] = translator(calibration=Calibration(1.0, 2.0)).translate(["Ein Satz."])
    assert [s.confidence for s in result.segments] == [pytest.approx(0.5)]
    assert [s.confidence for s in next(translator().translate(["Ja."])).segments] == [None]


def test_two_models_in_a_row_multiply_their_confidences():
    made = Tokenizer(WordProcessor(), WordProcessor(), ())
    half = Calibration(1.0, 2.0)  # of the stub's score of -0.5
    second = WordByWord(words={"A": "一", "sentence": "句", "Yes": "是"})
    models = [
        MarianTranslator(WordByWord(), made, "de", "en", calibration=half),
        MarianTranslator(second, made, "en", "zh", calibration=half),
    ]
    result = next(Translator(models).translate(["Ja. Ein Satz."]))
    assert [s.confidence for s in result.segments] == [pytest.approx(0.25)] * 2


def test_composed_confidences_multiply_and_one_unknown_leaves_all_unknown():
    def sure(source, target, confidence):
        segment = Segment(Span(0, len(source)), Span(0, len(target)), confidence=confidence)
        return TranslatedText(source, target, (segment,))

    assert compose(sure("a", "b", 0.5), sure("b", "c", 0.4)).segments[0].confidence == pytest.approx(0.2)
    assert compose(sure("a", "b", 0.5), sure("b", "c", None)).segments[0].confidence is None


def test_the_links_of_a_text_are_the_sure_ones_of_its_segments():
    sure, weak = Link(Span(0, 1), Span(0, 1), 0.9), Link(Span(0, 1), Span(1, 2), 0.2)
    text = TranslatedText("a", "bc", (Segment(Span(0, 1), Span(0, 2), (sure, weak)),))
    assert text.links == (sure,)
    assert text.all_links == (sure, weak)


def test_composed_links_weigh_the_geometric_mean():
    def linked(source, target, *links):
        span = Span(0, len(source)), Span(0, len(target))
        return TranslatedText(source, target, (Segment(*span, tuple(links), -1.0),), -1.0)

    first = linked("ab", "cd", Link(Span(0, 1), Span(0, 1), 0.5), Link(Span(1, 2), Span(1, 2), 1.0))
    second = linked("cd", "ef", Link(Span(0, 1), Span(1, 2), 0.125))
    assert compose(first, second).all_links == (Link(Span(0, 1), Span(1, 2), 0.25),)


def test_a_given_pair_is_aligned():
    [result] = translator().align([("„Ein Satz.“", "“A sentence.”")])
    assert (result.source, result.text) == ("„Ein Satz.“", "“A sentence.”")
    assert result.score == -1.0


@given(st.text(alphabet="Ein Satz.„“»«,?!\n\t😀ü\u200b\x0012", max_size=80))
@settings(max_examples=100, deadline=None)
def test_every_source_character_is_in_a_segment_and_every_link_inside_its_segment(text):
    result = one(text)
    at = target_at = 0
    for segment in result.segments:
        assert not text[at : segment.source.start].strip()
        assert not result.text[target_at : segment.target.start].strip()
        at, target_at = segment.source.end, segment.target.end
        for link in segment.links:
            assert segment.source.contains(link.source)
            assert segment.target.contains(link.target)
    assert not text[at:].strip()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_marian(tmp_path_factory.mktemp("marian"), multi_target=True)


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("WECHAT_TEXT_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.mark.parametrize("backend", ["ctranslate2", "transformers"])
def test_a_local_folder_translates(folder, backend):
    made = Translator.load(model=folder, target="zh", backend=backend, beam=1, limit=8)
    result = next(made.translate(["Die Händlerin wartet. „Niemand“ weiß es 😀."]))
    assert result.segments
    assert made.records[0].digest


def test_unknown_backends_and_languages_are_named(folder):
    with pytest.raises(UnknownNameError, match="ctranslate2"):
        Translator.load(model=folder, backend="fairseq")
    with pytest.raises((UnknownNameError, ModelFormatError), match="fr"):
        Translator.load(model=folder, target="fr")


def test_importing_and_using_ctranslate2_loads_neither_torch_nor_transformers(folder):
    Translator.load(model=folder, target="en")
    code = (
        "import sys; from wechat_text.translation import Translator;"
        "assert 'ctranslate2' not in sys.modules and 'numpy' not in sys.modules;"
        f"list(Translator.load(model={str(folder)!r}, target='en').translate(['Ja.']));"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_good_second_hypothesis_of_the_first_search_spares_another_one():
    class Twofold(WordByWord):
        def search(self, sources, options):
            [[good]] = super().search(sources, options)
            return [[Hypothesis(("\u2581A",) * 30, -0.1, True), good]]

    backend = Twofold()
    result = one("Ein Satz.", backend)
    assert (result.text, result.flags, result.score) == ("A sentence.", (), -0.5)
    assert len(backend.calls) == 1


def test_what_the_search_saw_gives_the_links_without_another_pass():
    class Seeing(WordByWord):
        def search(self, sources, options):
            found = super().search(sources, options)
            return [[replace(h, attention=np.eye(len(h.tokens), dtype=np.float32))] for [h] in found]

        def attention(self, sources, targets):
            raise AssertionError("one more pass")

    result = one("Ein Satz.", Seeing())
    assert [
        (link.source.of("Ein Satz."), link.target.of(result.text)) for link in result.segments[0].links
    ] == [
        ("Ein", "A"),
        ("Satz", "sentence"),
        (".", "."),
    ]


def test_links_that_a_reverse_model_does_not_see_weigh_half():
    class Blind(WordByWord):
        def attention(self, sources, targets):
            return [0 * matrix for matrix in super().attention(sources, targets)]

    class Everything(WordByWord):
        """Looks at its own word and half at the one before."""

        def attention(self, sources, targets):
            shapes = [(len(t), len(s) - 1) for s, t in zip(sources, targets, strict=True)]
            return [np.eye(*shape) + 0.5 * np.eye(*shape, k=-1) for shape in shapes]

    made = Tokenizer(WordProcessor(), WordProcessor(), ())

    def linked(reverse):
        back = MarianTranslator(reverse, made, "en", "de") if reverse else None
        results = Translator([MarianTranslator(Everything(), made, "de", "en", reverse=back)])
        [result] = results.translate(["Ein Satz noch."])
        [aligned] = results.align([(result.source, result.text)])
        assert aligned.all_links == result.all_links
        weights, shown = (
            {link.source.of(result.source) + "-" + link.target.of(result.text): link.weight for link in links}
            for links in (result.all_links, result.links)
        )
        assert reverse is None or "Ein-sentence" not in shown
        return weights

    alone, sure, unsure = linked(None), linked(WordByWord()), linked(Blind())
    assert {"Ein-A", "Ein-sentence"} <= alone.keys()
    assert sure["Ein-A"] == pytest.approx((alone["Ein-A"] + 1) / 2)
    for pair in ("Ein-sentence", "Satz-noch"):
        assert sure[pair] == pytest.approx(alone[pair] / 2)
    assert unsure == {pair: pytest.approx(weight / 2) for pair, weight in alone.items()}


def test_a_pair_that_is_too_long_for_the_reverse_model_keeps_its_links():
    class Narrow(WordByWord):
        max_positions = 4

    made = Tokenizer(WordProcessor(), WordProcessor(), ())
    forward = MarianTranslator(
        WordByWord(), made, "de", "en", reverse=MarianTranslator(Narrow(), made, "en", "de")
    )
    [alone] = translator().translate(["Ein Satz noch."])
    [result] = Translator([forward]).translate(["Ein Satz noch."])
    assert result.links == alone.links != ()


def test_every_search_has_the_length_penalty_of_the_model(tmp_path, monkeypatch):
    folder = tiny_marian(tmp_path / "model")
    generation = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps({**generation, "length_penalty": 1.5}))
    seen = []
    search = CTranslate2Backend.search

    def watched(self, sources, options):
        seen.append(options)
        return search(self, sources, options)

    monkeypatch.setattr(CTranslate2Backend, "search", watched)
    list(Translator.load(model=folder, target="en").translate(["Die Händlerin wartet auf niemanden."]))
    assert len(seen) > 1  # random weights write nothing that would do at once
    assert {options.length_penalty for options in seen} == {1.5}


def test_symmetrising_takes_the_way_back_of_the_profile(tmp_path):
    for name, seed in (("there", 3), ("back", 4)):
        tiny_marian(tmp_path / name, seed=seed)
    models = tmp_path / "models.toml"
    models.write_text(
        """
version = 1
[models.there]
folder = "there"
licence = "CC0-1.0"
source = ["de"]
target = ["en"]
[models.back]
folder = "back"
licence = "CC0-1.0"
source = ["en"]
target = ["de"]
[profiles.both]
description = "there and back"
[profiles.both.routes]
"de>en" = [["there"]]
"en>de" = [["back"]]
[profiles.one]
description = "there"
[profiles.one.routes]
"de>en" = [["there"]]
""",
        encoding="utf-8",
    )
    made = Translator.load("both", models=models, beam=1, symmetrise=True)
    assert [record.id for record in made.records] == ["there", "back"]
    plain = next(Translator.load("both", models=models, beam=1).translate(["Der Händler öffnet."]))
    both = next(made.translate(["Der Händler öffnet."]))
    assert both.text == plain.text
    assert both.links != plain.links
    with pytest.raises(UnknownNameError, match="en"):
        Translator.load("one", models=models, symmetrise=True)
    with pytest.raises(UnknownNameError, match="there"):
        Translator.load(str(tmp_path / "there"), models=models, symmetrise=True)
