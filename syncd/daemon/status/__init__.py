"""The status endpoint: what a daemon answers over HTTP about its syncs, to whom it may."""
