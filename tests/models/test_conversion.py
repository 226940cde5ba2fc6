from __future__ import annotations

import errno
import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.marian import GERMAN, tiny_marian
from wechat_text.errors import CacheError, ModelFormatError, UnknownNameError
from wechat_text.models import conversion, store
from wechat_text.models.registry import spec_from_folder
from wechat_text.models.spec import Alignment
from wechat_text.models.store import LocalModel


def local_model(folder: Path, alignment: Alignment | None = None) -> LocalModel:
    return store.ensure_local(spec_from_folder(folder, "de", "en", alignment=alignment))


def pieces(folder: Path, text: str) -> list[str]:
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    encoded: list[str] = processor.encode(text, out_type=str)
    return encoded


def vocabularies(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    source = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    target = folder / "target_vocab.json"
    return source, json.loads(target.read_text(encoding="utf-8")) if target.exists() else source


@pytest.mark.parametrize("shared", [True, False])
def test_greedy_output_is_that_of_transformers(tmp_path: Path, shared: bool) -> None:
    import ctranslate2
    import torch
    from transformers import MarianMTModel

    folder = tiny_marian(tmp_path / "m", shared=shared)
    source_ids, target_ids = vocabularies(folder)
    translator = ctranslate2.Translator(str(conversion.convert(local_model(folder), "float32")))
    model = MarianMTModel.from_pretrained(folder).eval()
    for sentence in GERMAN[:2]:
        tokens = pieces(folder, sentence)
        (result,) = translator.translate_batch([tokens], beam_size=1, max_decoding_length=12)
        inputs = torch.tensor([[source_ids.get(t, source_ids["<unk>"]) for t in tokens] + [0]])
        expected = model.generate(
            input_ids=inputs, num_beams=1, do_sample=False, max_new_tokens=12, forced_eos_token_id=None
        )
        assert [target_ids[t] for t in result.hypotheses[0]] == [i for i in expected[0, 1:].tolist() if i]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(("layer", "head"), [(0, 0), (0, 2), (1, 3)])
def test_attention_is_that_of_the_head_asked_for(tmp_path: Path, shared: bool, layer: int, head: int) -> None:
    import ctranslate2
    import torch
    from transformers import MarianMTModel

    folder = tiny_marian(tmp_path / "m", shared=shared)
    source_ids, target_ids = vocabularies(folder)
    converted = conversion.convert(local_model(folder, Alignment(layer, head)), "float32")
    tokens = pieces(folder, GERMAN[0])
    (result,) = ctranslate2.Translator(str(converted)).translate_batch(
        [tokens], beam_size=1, return_attention=True, max_decoding_length=12
    )
    model = MarianMTModel.from_pretrained(folder, attn_implementation="eager").eval()
    inputs = torch.tensor([[source_ids.get(t, source_ids["<unk>"]) for t in tokens] + [0]])
    targets = [model.config.pad_token_id, *(target_ids[t] for t in result.hypotheses[0])]
    output = model(input_ids=inputs, decoder_input_ids=torch.tensor([targets]), output_attentions=True)
    expected = output.cross_attentions[layer][0, head, : len(targets) - 1, : len(tokens)].detach().numpy()
    assert np.allclose(np.array(result.attention[0]), expected, atol=1e-5)


def test_without_a_known_head_the_last_layer_is_averaged(marian_folder: Path) -> None:
    import ctranslate2
    import torch
    from transformers import MarianMTModel

    source_ids, target_ids = vocabularies(marian_folder)
    converted = conversion.convert(local_model(marian_folder), "float32")
    tokens = pieces(marian_folder, GERMAN[0])
    (result,) = ctranslate2.Translator(str(converted)).translate_batch(
        [tokens], beam_size=1, return_attention=True, max_decoding_length=12
    )
    model = MarianMTModel.from_pretrained(marian_folder, attn_implementation="eager").eval()
    inputs = torch.tensor([[source_ids.get(t, source_ids["<unk>"]) for t in tokens] + [0]])
    targets = [model.config.pad_token_id, *(target_ids[t] for t in result.hypotheses[0])]
    output = model(input_ids=inputs, decoder_input_ids=torch.tensor([targets]), output_attentions=True)
    expected = output.cross_attentions[1][0].mean(0)[: len(targets) - 1, : len(tokens)].detach().numpy()
    assert np.allclose(np.array(result.attention[0]), expected, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_weights_are_read(marian_folder: Path, dtype: str) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    path = marian_folder / "model.safetensors"
    halved = {name: tensor.to(getattr(torch, dtype)) for name, tensor in load_file(path).items()}
    save_file(halved, path)
    read = conversion._read_weights(path)
    assert all(np.array_equal(read[name], tensor.float().numpy()) for name, tensor in halved.items())


def test_the_second_time_nothing_is_converted(marian_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = conversion.convert(local_model(marian_folder))
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: pytest.fail("converted again"))
    assert conversion.convert(local_model(marian_folder)) == folder


def test_other_settings_make_another_conversion(marian_folder: Path) -> None:
    local = local_model(marian_folder)
    aligned = local_model(marian_folder, Alignment(0, 1))
    folders = {conversion.convert(local), conversion.convert(local, "float32"), conversion.convert(aligned)}
    assert len(folders) == 3


def test_two_at_once_convert_only_once(marian_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local = local_model(marian_folder)
    runs: list[object] = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: runs.append(a) or run(*a, **k))
    threads = [threading.Thread(target=conversion.convert, args=(local,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1


def test_remains_of_a_killed_conversion_do_no_harm(marian_folder: Path) -> None:
    local = local_model(marian_folder)
    folder = conversion.convert(local)
    partial = folder.with_name(folder.name + ".partial")
    folder.rename(partial)
    (partial / conversion.MADE).unlink()
    (partial / "model.bin").write_bytes(b"half")
    assert conversion.convert(local) == folder
    assert (folder / "model.bin").stat().st_size > 1000
    assert not partial.exists()


def test_a_head_that_is_not_there_is_told(marian_folder: Path) -> None:
    with pytest.raises(
        ModelFormatError, match="no decoder layer 7 with a head 1; there are 2 layers of 4 heads"
    ):
        conversion.convert(local_model(marian_folder, Alignment(7, 1)))


def test_weights_that_are_not_finite_are_told(marian_folder: Path) -> None:
    from safetensors.numpy import load_file, save_file

    path = marian_folder / "model.safetensors"
    weights = load_file(path)
    weights["model.shared.weight"][3, 3] = np.nan
    save_file(weights, path)
    with pytest.raises(ModelFormatError, match="not finite"):
        conversion.convert(local_model(marian_folder))


def test_an_unknown_quantization_is_told(marian_folder: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown quantization 'int4'"):
        conversion.convert(local_model(marian_folder), "int4")


def test_a_full_disk_is_told(marian_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = json.dumps({"kind": "os", "errno": errno.ENOSPC, "message": "No space left on device"})
    failed = subprocess.CompletedProcess([], 1, stdout="", stderr=report)
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: failed)
    with pytest.raises(CacheError, match="no space left on the disk"):
        conversion.convert(local_model(marian_folder))


def test_a_cache_that_cannot_be_written_is_told(
    marian_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WECHAT_TEXT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(CacheError):
        conversion.convert(local_model(marian_folder))


def test_a_converted_model_is_used_without_torch_and_transformers(marian_folder: Path) -> None:
    conversion.convert(local_model(marian_folder))
    code = (
        "import sys\n"
        "from wechat_text.models import conversion, registry, store\n"
        f"local = store.ensure_local(registry.spec_from_folder({str(marian_folder)!r}, 'de', 'en'))\n"
        "conversion.convert(local)\n"
        "print(sorted({'torch', 'transformers', 'huggingface_hub', 'numpy'} & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_8_bit_weights_keep_half_the_range_so_that_pairs_of_products_fit_into_16_bits():
    class Variable:
        def __init__(self, values, dtype):
            self.values = np.array(values, dtype)
            self.dtype = self.values.dtype.name

        def numpy(self):
            return self.values

    class Specification:
        def __init__(self):
            self.weight = Variable([[127, -127, 60], [1, -127, 126]], np.int8)
            self.scale = Variable([10.0, 2.0], np.float32)

        def variables(self):
            return {
                "a/weight": self.weight,
                "a/weight_scale": self.scale,
                "a/flag": Variable(1, np.int8),
                "b/weight": "a/weight",
                "b/weight_scale": "a/weight_scale",
            }

    spec = Specification()
    before = spec.weight.values / spec.scale.values[:, None]
    conversion._reduce_range(spec)
    assert int(np.abs(spec.weight.values).max()) * 2 * 255 < 2**15
    after = spec.weight.values / spec.scale.values[:, None]
    assert np.abs(after - before).max() <= 0.5 / spec.scale.values.min()
