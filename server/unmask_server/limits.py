"""How often one address may ask for what costs something or could be guessed."""

from http import HTTPStatus

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from flask_limiter.util import get_remote_address

from unmask_server.problems import problem

PAIRING = "10 per minute"
SCORING = "6000 per minute"


def limit_rates(app: Flask) -> Limiter:
    """Refuse with 429 who asks too often; routes name their own limits."""
    limiter = Limiter(get_remote_address, storage_uri="memory://")
    limiter.init_app(app)

    @app.errorhandler(RateLimitExceeded)
    def answer(error: RateLimitExceeded) -> Response:
        detail = f"Expected at most {error.description} from one address. Received: more."
        retry_after_s = error.limit.limit.get_expiry() if error.limit else 60
        return problem(HTTPStatus.TOO_MANY_REQUESTS, detail, [("Retry-After", str(retry_after_s))])

    return limiter
