"""The page of living mutants is read as it is meant, and speaks of the code that is there."""

from collections import Counter

import pytest

from tests.mutation.listed import CORE, PAGE, Mutant, complaints, functions, listed, mutant

WRITTEN = """
## Because

```diff
@@ judge.sift @@
-    proven = 1
+    proven = 2
@@ excess.Cut.see @@
-            one()
-            other()
```

```python
@@ not.listed @@
```
"""


def test_each_listed_mutant_changes_a_line_that_is_there():
    """Where the code has changed since, the mutant is another one: `make mutants` finds it."""
    sources: dict[str, str] = {}
    for module in CORE.glob("*.py"):
        sources |= functions(module)
    for one in listed(PAGE.read_text()):
        there = Counter(line.strip() for line in sources[one.where].splitlines())
        assert Counter(one.there) <= there, str(one)
        assert one.there != one.instead, str(one)


def test_no_mutant_is_listed_twice():
    """Each has one argument."""
    found = Counter(listed(PAGE.read_text()))
    assert {str(one): number for one, number in found.items() if number > 1} == {}


def test_a_mutant_is_known_by_what_it_changes():
    """By function and lines, without their margin, as mutmut's difference has it too."""
    first, second = listed(WRITTEN)
    assert first == Mutant("judge.sift", ("proven = 1",), ("proven = 2",))
    assert second == Mutant("excess.Cut.see", ("one()", "other()"), ())
    shown = "--- a\n+++ a\n@@ -1,3 +1,3 @@\n def sift():\n-    proven = 1\n+    proven = 2"
    assert mutant("judge.sift", shown.splitlines()) == first
    assert list(listed(f"```diff\n{first}\n```\n")) == [first]


def test_lines_without_their_function_are_an_error():
    """They would be of the one before, or of none."""
    with pytest.raises(ValueError, match="no `@@ function @@` is above '-a'"):
        list(listed("```diff\n-a\n+b\n```\n"))


def test_who_lives_must_be_listed_and_who_is_listed_must_live():
    """Either is told, with the lines."""
    one, other = Mutant("a.b", ("c",), ("d",)), Mutant("a.e", (), ("f",))
    assert complaints({one}, {one}) == []
    assert complaints({one}, {other}) == [
        "lives, and docs/mutants.md does not say why:\n@@ a.b @@\n-c\n+d",
        "lives no more, and docs/mutants.md lists it still:\n@@ a.e @@\n+f",
    ]
