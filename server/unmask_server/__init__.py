"""Unmask's local companion: a small web server on one's own machine that scores pictures and clips.

    from unmask_server.app import create_app
    from unmask_server.companion import Companion
    from unmask_server.settings import Settings

    with Companion(Settings(data_dir=Path("data")), print) as companion:
        app = create_app(companion)

`unmask serve` runs it behind waitress.
"""
