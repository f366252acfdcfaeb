"""The package's own tests are run where it is installed, by the tests here."""

collect_ignore = ["package"]
