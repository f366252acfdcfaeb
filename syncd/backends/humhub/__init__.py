"""HumHub as a target: the REST module, 0.11 for HumHub 1.18 and 0.12 for HumHub 1.19."""

from syncd.backends.humhub.backend import HumHubBackend
from syncd.backends.humhub.config import HumHubConfig

__all__ = ["HumHubBackend", "HumHubConfig"]
