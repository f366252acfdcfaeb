"""`syncd notify-test`: one message to each receiver, to see whether it arrives."""

from syncd.cli.opening import Opened
from syncd.daemon.receivers import receivers
from syncd.daemon.wording import trial
from syncd.errors import ConfigError
from syncd.report import Exit


def notify_test(opened: Opened) -> int:
    """Each receiver is tried, whatever became of the others."""
    settings = opened.settings.notify
    if not settings.to:
        raise ConfigError("notify.to has no URL: nobody gets a message; see docs/notifications.md")
    code = Exit.DONE
    for receiver in receivers(settings.to):
        if trouble := receiver.send(trial(settings), None):
            opened.screen.say(f"✗ {receiver.name}: {trouble}", "red")
            code = Exit.TARGET
        else:
            opened.screen.say(f"✓ {receiver.name}: sent")
    return code
