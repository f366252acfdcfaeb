"""Make a plan's changes happen: journal "begun", the backend's verb, journal "done" with the link.

Errors are decided on here, once. A rejection fails its change and those that need it; an
unavailable target leaves its changes' lines open, for they may have happened, and the next run
looks before it writes; a row of these, or any other trouble with the target, such as a
denial, ends the run. A creation is never repeated, unless the target said that it did not look
at it.
"""

from syncd.executor.execution import Execution, Failed
from syncd.executor.journal import Journal, Told
from syncd.executor.run import ON_REQUEST, execute

__all__ = ["ON_REQUEST", "Execution", "Failed", "Journal", "Told", "execute"]
