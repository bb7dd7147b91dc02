from fastapi import APIRouter, HTTPException, Request

router = APIRouter(prefix="/v1/invoices", tags=["invoices"])


@router.get("/{number}")
async def invoice(number: int, request: Request):
    settings = request.app.state.settings
    if number > settings.fail_over:
        raise HTTPException(503, "the ledger does not answer")
    return {"invoice": number, "currency": settings.currency}
