"""Independent audits of an installation: `verify` checks invariants, `recompute` repeats each decision."""
