"""Unmask's local companion: a small web server on one's own machine that scores pictures and clips.

    from unmask_edge import Detector
    from unmask_server import create_app

    app = create_app(Detector(), Path("uploads"))

`unmask serve` runs it behind waitress.
"""

from unmask_server.app import create_app

__all__ = ["create_app"]
