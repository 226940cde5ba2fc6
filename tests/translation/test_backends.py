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


@pytest.fixture(scope="module", params=[None, Alignment(0, 2)], ids=["average", "layer 0 head 2"])
def backends(request, tmp_path_factory):
    torch.set_num_threads(1)  # far quicker for a tiny model, above all on a busy machine
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WECHAT_TEXT_CACHE", str(tmp_path_factory.mktemp("cache")))
        folder = tiny_marian(tmp_path_factory.mktemp("model"))
        alignment = request.param
        local = store.ensure_local(spec_from_folder(folder, "de", "en", alignment=alignment))
        fast = CTranslate2Backend(conversion.convert(local, "float32"), max_positions=128)
        layer, head = (alignment.layer, alignment.head) if alignment else (None, None)
        slow = TransformersBackend(folder, layer=layer, head=head)
        tokenizer = Tokenizer.load(folder)
        yield fast, slow, [tokenizer.model_input(tokenizer.encode(text).pieces) for text in GERMAN]


def test_both_find_the_same_greedy_translation(backends):
    fast, slow, sources = backends
    for a, b in zip(fast.translate(sources, GREEDY), slow.translate(sources, GREEDY), strict=True):
        assert a[0].tokens == b[0].tokens
        assert a[0].finished == b[0].finished
        assert a[0].score == pytest.approx(
            b[0].score, abs=0.05
        )  # CTranslate2 leaves <unk> and <pad> out of the softmax


def test_both_see_the_same_attention_in_a_batch(backends):
    fast, slow, sources = backends
    options = DecodingOptions(beam=3, max_length=12)
    for found, source in zip(fast.translate(sources, options), sources, strict=True):
        [forced] = slow.force([source], [found[0].tokens])
        assert found[0].attention.shape == (len(found[0].tokens), len(source) - 1)
        np.testing.assert_allclose(found[0].attention, forced.attention, atol=1e-4)


def test_forcing_gives_the_score_of_what_was_found(backends):
    fast, slow, sources = backends
    found = [hypotheses[0] for hypotheses in slow.translate(sources, GREEDY)]
    ended = [i for i, hypothesis in enumerate(found) if hypothesis.finished] or [0]
    for backend in (fast, slow):
        forced = backend.force([sources[i] for i in ended], [found[i].tokens for i in ended])
        assert [f.tokens for f in forced] == [found[i].tokens for i in ended]
    assert forced[0].attention == pytest.approx(found[ended[0]].attention, abs=1e-4)


def test_as_many_hypotheses_as_asked_for_best_first(backends):
    for backend in backends[:2]:
        [found] = backend.translate(backends[2][:1], DecodingOptions(beam=4, hypotheses=4, max_length=8))
        assert len(found) == 4
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


def test_an_empty_target_can_be_forced(backends):
    for backend in backends[:2]:
        assert backend.force(backends[2][:1], [[]])[0].attention.shape[0] == 0


def test_a_folder_without_a_model_is_named(tmp_path):
    for load in (
        lambda: CTranslate2Backend(tmp_path, max_positions=9),
        lambda: TransformersBackend(tmp_path),
    ):
        with pytest.raises(ModelFormatError, match=str(tmp_path)):
            load()
