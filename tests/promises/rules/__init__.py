"""What may happen to a site, a file for each sort of thing; `tests.promises.machine` has all."""
