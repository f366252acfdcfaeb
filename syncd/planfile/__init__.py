"""A plan as a file: for other programs, and to be applied later exactly as reviewed.

It is one JSON object whose lines are known: the first has all that is short, and each change, held
one, refused one, problem, mark and note then has a line of its own. So any JSON tool reads it, a
review shows what differs, and a plan of any size is written and read as a stream.

What is read back is the very plan that was written. Its digest is computed anew and compared, so
that a file somebody changed is not taken for one that was reviewed.
"""

from syncd.planfile.reading import load, read
from syncd.planfile.writing import lines, write

__all__ = ["lines", "load", "read", "write"]
