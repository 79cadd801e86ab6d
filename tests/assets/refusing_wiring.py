"""The product's wiring with a listener that refuses every upload after its row was written."""

from config.wiring import *  # noqa: F403
from config.wiring import INLINE as USUAL
from core.errors import Conflict


def refuse(**payload: object) -> None:
    raise Conflict("Not today.")


INLINE = {**USUAL, "version.uploaded": ["tests.assets.refusing_wiring.refuse"]}
