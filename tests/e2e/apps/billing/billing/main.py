"""Somebody's billing service: a package with settings from a file beside it, routers and a factory."""

from fastapi import FastAPI

from billing.routes import router
from billing.settings import Settings


def create_app() -> FastAPI:
    app = FastAPI(title="Billing", docs_url=None)
    app.state.settings = Settings()
    app.include_router(router, prefix="/api")
    return app
