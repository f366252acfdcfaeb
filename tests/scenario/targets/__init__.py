"""All targets that the shared tests are run into. To add one: an entry here."""

from tests.scenario.targets.hopframe import HOPFRAME
from tests.scenario.targets.huddle import HUDDLE
from tests.scenario.targets.humhub import HUMHUB
from tests.scenario.targets.openproject import OPENPROJECT
from tests.scenario.targets.product import Each, Look, Product
from tests.scenario.targets.scim import SCIM, SCIM2_SERVER
from tests.scenario.targets.vikunja import VIKUNJA

ON_DEMAND = (SCIM, *HUMHUB, HUDDLE, OPENPROJECT, VIKUNJA, HOPFRAME)
"""Those whose servers break on demand."""

EVERY = (*ON_DEMAND, SCIM2_SERVER)

__all__ = ["EVERY", "ON_DEMAND", "Each", "Look", "Product"]
