import io

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.marian import GERMAN, tiny_marian
from wechat_text.document import Span
from wechat_text.errors import ModelFormatError
from wechat_text.translation.tokenization import Tokenizer, decode

ODD = "Grüße an 😀die A\u0308rzte\x00 zu\u200bsammen 𓀀 朋友圈 12,5 <0x41> \u2581x"


def processor(byte_fallback):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(GERMAN),
        model_writer=model,
        vocab_size=340 if byte_fallback else 90,
        byte_fallback=byte_fallback,
        normalization_rule_name="identity" if byte_fallback else "nmt_nfkc",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


@pytest.fixture(scope="module", params=[True, False], ids=["bytes", "nfkc"])
def tokenizer(request):
    made = processor(request.param)
    return Tokenizer(made, made, ())


@pytest.fixture(scope="module")
def bytes_tokenizer():
    made = processor(True)
    return Tokenizer(made, made, ())


def test_pieces_name_the_characters_that_they_stand_for(tokenizer):
    text = "Die Händlerin öffnet ihren Laden."
    tokens = tokenizer.encode(text)
    assert "".join(span.of(text) for span in tokens.spans) == text.replace(" ", "")


def test_all_bytes_of_a_character_have_its_span(bytes_tokenizer):
    tokens = bytes_tokenizer.encode("Tag 😀 da")
    emoji = [span for piece, span in zip(tokens.pieces, tokens.spans, strict=True) if piece.startswith("<0x")]
    assert emoji == [Span(4, 5)] * 4


@given(st.text(max_size=60) | st.text(alphabet=ODD, max_size=60))
@settings(max_examples=150, deadline=None)
def test_spans_are_in_order_and_leave_no_visible_character_out(tokenizer, text):
    tokens = tokenizer.encode(text)
    assert len(tokens.pieces) == len(tokens.spans)
    covered = set()
    last = 0
    for span in tokens.spans:
        assert 0 <= span.start <= span.end <= len(text)
        assert span.start >= last
        last = span.start
        covered.update(range(*span))
    assert all(
        i in covered for i, character in enumerate(text) if character.isascii() and character.isalnum()
    )


@given(st.text(max_size=40) | st.text(alphabet=ODD, max_size=60))
@settings(max_examples=150, deadline=None)
def test_decoding_gives_back_the_text_with_its_spans(bytes_tokenizer, text):
    text = " ".join(text.replace("\u2581", "").split())
    tokens = bytes_tokenizer.encode_target(text)
    decoded = decode(tokens.pieces)
    assert decoded.text == text
    assert decoded.spans == tokens.spans


def test_decoding_survives_bytes_that_are_no_character():
    decoded = decode(["▁Ja", "<0xF0>", "<0x9F>", ",", "</s>"])
    assert decoded.text == "Ja\ufffd\ufffd,"
    assert [span.of(decoded.text) for span in decoded.spans] == ["Ja", "\ufffd", "\ufffd", ",", ""]


def test_special_tokens_give_no_text():
    assert decode([">>eng<<", "▁Yes", "<unk>", "<pad>"]).text == "Yes"


def test_the_target_token_comes_first_and_the_end_token_last(tmp_path):
    tokenizer = Tokenizer.load(tiny_marian(tmp_path / "m", multi_target=True), ">>cmn_Hans<<")
    tokens = tokenizer.model_input(tokenizer.encode("Ja.").pieces)
    assert tokens[0] == ">>cmn_Hans<<"
    assert tokens[-1] == "</s>"


def test_a_folder_without_pieces_is_no_marian_model(tmp_path):
    with pytest.raises(ModelFormatError, match=r"source\.spm"):
        Tokenizer.load(tmp_path)
