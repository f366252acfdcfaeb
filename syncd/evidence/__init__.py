"""The evidence of runs: kept with each, bundled, replayed elsewhere, and asked about the past."""
