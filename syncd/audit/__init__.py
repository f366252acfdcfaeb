"""The audit: what the ledger committed, told in order, in files that show every later change."""
