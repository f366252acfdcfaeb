"""All targets that the shared tests are run into. To add one: an entry here."""

from tests.scenario.targets.humhub import HUMHUB
from tests.scenario.targets.openproject import OPENPROJECT
from tests.scenario.targets.product import Each, Look, Product
from tests.scenario.targets.scim import SCIM, SCIM2_SERVER

ON_DEMAND = (SCIM, *HUMHUB, OPENPROJECT)
"""Those whose servers break on demand."""

EVERY = (*ON_DEMAND, SCIM2_SERVER)

__all__ = ["EVERY", "ON_DEMAND", "Each", "Look", "Product"]
