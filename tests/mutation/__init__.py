"""What `make mutants` stands on: which mutants of the core live, and which of them are argued for."""
