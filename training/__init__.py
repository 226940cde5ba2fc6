"""Training of the starter translation models: prepare, train, align, evaluate, export. See `training/README.md`."""
