"""What a measured command says of itself: lines `name<TAB>value<TAB>unit` on standard output."""

import sys


def tell(name: str, value: float, unit: str) -> None:
    sys.stdout.write(f"{name}\t{value}\t{unit}\n")
