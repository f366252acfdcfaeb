"""YAML with places: what stands where, and mistakes that say file, line and column."""
