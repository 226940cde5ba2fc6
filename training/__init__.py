"""Training of the starter translation models, step by step: see `training/README.md`."""
