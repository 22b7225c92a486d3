from release.api import *  # noqa: F403 - the names of its `__all__`
from release.api import __all__ as __all__

__version__: str
