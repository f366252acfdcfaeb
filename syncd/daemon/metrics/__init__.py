"""Metrics for Prometheus; docs/metrics.md tells of each."""

from syncd.daemon.metrics.metrics import Metrics

__all__ = ["Metrics"]
