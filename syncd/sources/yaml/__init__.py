"""People and groups from YAML files."""

from syncd.sources.yaml.source import YamlConfig, YamlReading, YamlSource

__all__ = ["YamlConfig", "YamlReading", "YamlSource"]
