"""How often one address may ask for what costs something or could be guessed."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

PAIRING = "10 per minute"
SCORING = "600 per minute"


def limit_rates(app: Flask) -> Limiter:
    """Refuse with 429 who asks too often; routes name their own limits."""
    limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)
    limiter.init_app(app)
    return limiter
