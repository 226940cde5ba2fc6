from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.marian import GERMAN, tiny_marian
from wechat_text.errors import ModelFormatError
from wechat_text.models import conversion, store
from wechat_text.models.registry import spec_from_folder
from wechat_text.models.spec import Alignment
from wechat_text.translation.backends import DecodingOptions
from wechat_text.translation.backends.ctranslate2 import CTranslate2Backend
from wechat_text.translation.backends.transformers import TransformersBackend
from wechat_text.translation.tokenization import Tokenizer

GREEDY = DecodingOptions(beam=1, max_length=12)


HEADS = {
    "average": None,
    "layer 0 head 2": Alignment(0, 2),
    "layer 0 head 2 shifted": Alignment(0, 2, shifted=True),
}


@pytest.fixture(scope="module", params=HEADS.values(), ids=HEADS)
def alignment(request):
    return request.param


@pytest.fixture(scope="module")
def backends(alignment, tmp_path_factory):
    torch.set_num_threads(1)  # far quicker for a tiny model, above all on a busy machine
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WECHAT_TEXT_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = tiny_marian(tmp_path_factory.mktemp("model"))
        local = store.ensure_local(spec_from_folder(folder, "de", "en", alignment=alignment))
        shifted = alignment is not None and alignment.shifted
        fast = CTranslate2Backend(conversion.convert(local, "float32"), max_positions=128, shifted=shifted)
        slow = TransformersBackend(folder, alignment=alignment)
        tokenizer = Tokenizer.load(folder)
        yield fast, slow, [tokenizer.model_input(tokenizer.encode(text).pieces) for text in GERMAN]


def test_both_find_the_same_greedy_translation(backends):
    fast, slow, sources = backends
    for a, b in zip(fast.search(sources, GREEDY), slow.search(sources, GREEDY), strict=True):
        assert a[0].tokens == b[0].tokens
        assert a[0].finished == b[0].finished
        assert a[0].score == pytest.approx(
            b[0].score, abs=0.05
        )  # CTranslate2 leaves <unk> and <pad> out of the softmax


def test_both_see_the_same_attention_in_a_batch(backends):
    fast, slow, sources = backends
    targets = [found[0].tokens for found in fast.search(sources, DecodingOptions(beam=3, max_length=12))]
    for matrix, source, target in zip(fast.attention(sources, targets), sources, targets, strict=True):
        [alone] = slow.attention([source], [target])
        assert matrix.shape == (len(target), len(source) - 1)
        np.testing.assert_allclose(matrix, alone, atol=1e-4)


@pytest.mark.parametrize("beam", [1, 4])
def test_a_search_in_a_batch_tells_the_attention_of_every_hypothesis_it_gives(backends, alignment, beam):
    fast, _, sources = backends
    found = fast.search(sources, DecodingOptions(beam=beam, hypotheses=beam, max_length=12))
    for source, hypotheses in zip(sources, found, strict=True):
        assert len(hypotheses) == beam
        for hypothesis in hypotheses:
            [alone] = fast.attention([source], [hypothesis.tokens])
            seen = hypothesis.attention
            if alignment and alignment.shifted:
                if not hypothesis.finished:  # cut off before the step that looks at its last token's source
                    assert not seen[-1].any()
                    seen, alone = seen[:-1], alone[:-1]
            elif beam > 1:  # CTranslate2 gives that of another source
                assert np.isnan(seen[0]).all()
                seen, alone = seen[1:], alone[1:]
            np.testing.assert_allclose(seen, alone, atol=1e-4)


def test_both_give_a_target_the_same_score(backends):
    fast, slow, sources = backends
    targets = [hypotheses[0].tokens[:5] for hypotheses in slow.search(sources, GREEDY)]
    assert fast.scores(sources, targets) == pytest.approx(slow.scores(sources, targets), abs=0.05)


def test_the_length_penalty_does_not_change_what_a_score_means(backends):
    longer = replace(GREEDY, length_penalty=2.0)
    for backend in backends[:2]:
        plain, penalised = backend.search(backends[2], GREEDY), backend.search(backends[2], longer)
        assert [h.score for [h] in penalised] == pytest.approx([h.score for [h] in plain], abs=1e-3)


def test_as_many_hypotheses_as_asked_for_best_first(backends):
    for backend in backends[:2]:
        [found] = backend.search(backends[2][:1], DecodingOptions(beam=4, hypotheses=4, max_length=8))
        assert len(found) == 4
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


def test_an_empty_target_looks_at_nothing(backends):
    for backend in backends[:2]:
        [attention] = backend.attention(backends[2][:1], [[]])
        assert attention.shape[0] == 0


def test_a_folder_without_a_model_is_named(tmp_path):
    for load in (
        lambda: CTranslate2Backend(tmp_path, max_positions=9),
        lambda: TransformersBackend(tmp_path),
    ):
        with pytest.raises(ModelFormatError, match=str(tmp_path)):
            load()
