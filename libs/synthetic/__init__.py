"""A seeded, synthetic world of trusts, people and cancer pathways, and what each trust's register shows of it."""
