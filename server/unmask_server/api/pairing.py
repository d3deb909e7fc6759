"""Routes by which programs and the companion's own page get a token."""

from http import HTTPStatus

from flask import Response, request
from flask_limiter import Limiter
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from unmask_server.api.answers import json_of
from unmask_server.api.description import NEEDS_TOKEN, OPEN, answers
from unmask_server.companion import Companion
from unmask_server.limits import PAIRING
from unmask_server.pairing import Pairing
from unmask_server.problems import problem
from unmask_server.security import EXTENSION, is_own_page


class PairingRequest(BaseModel):
    """The code that `unmask serve` or the page shows, and what the program calls itself."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(max_length=20, json_schema_extra={"example": "0000-0000"})
    name: str = Field(max_length=100, json_schema_extra={"example": "my script"})


class Token(BaseModel):
    """What to send as `Authorization: Bearer TOKEN`."""

    token: str


class Code(BaseModel):
    """A one-time code, good for ten minutes; the one before counts no more."""

    code: str


class PairingList(BaseModel):
    """Paired programs, oldest first."""

    pairings: list[Pairing]


class PairingPath(BaseModel):
    """Which paired program."""

    pairing_id: str = Field(pattern="^[0-9a-f]{32}$", json_schema_extra={"example": "0" * 32})


def blueprint(companion: Companion, limiter: Limiter) -> APIBlueprint:
    """Routes for one companion."""
    routes = APIBlueprint("pairing", __name__, url_prefix="/v1", abp_security=NEEDS_TOKEN)
    pairings = companion.pairings

    @routes.post("/pair", security=OPEN, responses=answers({201: Token}, 422, 429, token=False))
    @limiter.limit(PAIRING)
    def pair(body: PairingRequest) -> Response:
        """Exchange a one-time code for a token."""
        origin = request.headers.get("Origin", "")
        token = pairings.pair(body.code, body.name, origin if EXTENSION.fullmatch(origin) else None)
        if token is None:
            return problem(HTTPStatus.FORBIDDEN, "Expected the code that counts now. Received: another or an old one.")
        return json_of(Token(token=token), HTTPStatus.CREATED)

    @routes.post("/session", security=OPEN, responses=answers({201: Token}, 422, token=False))
    def session() -> Response:
        """The page's own token; given to a browser that shows this companion's page on this machine, to nobody else."""
        if not (companion.settings.on_loopback and is_own_page()):
            detail = "Expected the companion's own page on its own machine. Received: another request; pair by a code."
            return problem(HTTPStatus.FORBIDDEN, detail)
        return json_of(Token(token=pairings.page_token), HTTPStatus.CREATED)

    @routes.post("/codes", responses=answers({201: Code}, 422))
    def code() -> Response:
        """A fresh code, to pair another program."""
        return json_of(Code(code=pairings.new_code()), HTTPStatus.CREATED)

    @routes.get("/pairings", responses=answers({200: PairingList}, 422))
    def listed() -> Response:
        """Which programs are paired."""
        return json_of(PairingList(pairings=pairings.all()))

    @routes.delete("/pairings/<pairing_id>", responses=answers({204: None}, 404, 422))
    def delete(path: PairingPath) -> Response:
        """Make a program's token worthless."""
        if pairings.delete(path.pairing_id):
            return Response(status=HTTPStatus.NO_CONTENT)
        detail = "Expected the identifier of a paired program. Received: one that is not known."
        return problem(HTTPStatus.NOT_FOUND, detail)

    return routes
