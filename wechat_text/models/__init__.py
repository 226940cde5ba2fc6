"""Which models there are, where they lie, and how they are fetched, checked and converted.

- `registry`: models.toml, read and checked; profiles resolved to the models of a direction
- `store`: the files of a model on this machine; the one place that may download, and only when told to
- `marian`: what a Marian folder must hold
- `conversion`: a Marian folder as CTranslate2 reads it
- `commands`: ``python -m wechat_text models``
"""
