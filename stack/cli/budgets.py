"""`budgets`: what a day and a month may cost, for the service and for each customer."""

import json
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal
from urllib.parse import quote

import typer

from stack.cli import budgets_shown, compose, service
from stack.cli.output import err, escape, fail, held, money, out

budgets = typer.Typer(help="What a day and a month may cost: look, set, remove.")
Period = Annotated[Literal["day", "month"], typer.Argument(help="day or month, of the calendar.")]
Customer = Annotated[str | None, typer.Option(help="Only this customer; the whole service unless given.")]
Each = Annotated[bool, typer.Option("--each-customer", help="Every customer that has no budget of its own.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_MOST = 1000


@budgets.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    """What a day and a month may cost: look, set, remove. Changes count from the next job on, without a restart."""
    compose.instead()
    if context.invoked_subcommand is None:
        list_()


@budgets.command("list")
def list_(
    *,
    customer: Annotated[str | None, typer.Option(help="Only this customer's.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Those of the customer whose key is used.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the budgets that count: spent, reserved by jobs that wait or run, left, and the forecast."""
    if mine and customer is not None:
        fail("--mine and --customer exclude each other", code=2)
    found = service.get("/budgets/me") if mine else service.get("/budgets", customer=customer, limit=_MOST)
    if as_json:
        out.print_json(json.dumps(found))
        return
    budgets_shown.show(found)


@budgets.command("set")
def set_(  # noqa: PLR0913 - options are arguments
    period: Period,
    *,
    soft: Annotated[str | None, typer.Option(help="USD of which alerts tell; no job is refused.")] = None,
    hard: Annotated[str | None, typer.Option(help="USD beyond which jobs are refused with 402.")] = None,
    unlimited: Annotated[
        bool, typer.Option("--unlimited", help="No amount, also where a setting or the default has one.")
    ] = False,
    customer: Customer = None,
    each_customer: Each = False,
    as_json: AsJson = False,
) -> None:
    """Set a budget; what is not given of --soft and --hard is none."""
    if unlimited == (soft is not None or hard is not None):
        fail("give --soft, --hard or both; or --unlimited", code=2)
    amounts = {"soft_usd": _usd("--soft", soft), "hard_usd": _usd("--hard", hard)}
    told, refused = (None if text is None else Decimal(text) for text in amounts.values())
    if told is not None and refused is not None and told > refused:
        fail(f"--soft {told} is more than --hard {refused}: nobody would be told before jobs are refused", code=2)
    changed = service.send("PUT", _path(period, customer, each_customer=each_customer), body=amounts).json()
    if as_json:
        out.print_json(json.dumps(changed))
        return
    was = f" (before: {budgets_shown.amounts(changed['before'])})" if changed["before"] else ""
    whose = _whose(customer, period, each_customer=each_customer)
    err.print(f"{whose} is set: [bold]{budgets_shown.amounts(changed)}[/]{was}.")


@budgets.command()
def remove(period: Period, *, customer: Customer = None, each_customer: Each = False, as_json: AsJson = False) -> None:
    """Remove a budget that was set; the default or that of a setting counts again, if there is one."""
    changed = service.send("DELETE", _path(period, customer, each_customer=each_customer)).json()
    if as_json:
        out.print_json(json.dumps(changed))
        return
    whose = _whose(customer, period, each_customer=each_customer)
    counts = "The default counts now" if customer and changed["scope"] == "default" else "Now"
    err.print(
        f"{whose} is removed (it was: {budgets_shown.amounts(changed['before'])}). "
        f"{counts}: [bold]{budgets_shown.amounts(changed)}[/]."
    )


@budgets.command()
def price(
    device: Annotated[str, typer.Argument(help="Name of the card, as `usage --by device_name` shows it.")],
    usd_per_second: Annotated[str, typer.Argument(help="What a second of it cost, such as 0.00019.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Price seconds that were booked without a price, so that hard budgets open; give the worker the price first."""
    amount = _usd("USD_PER_SECOND", usd_per_second)
    done = service.send("POST", "/usage/price", body={"device_name": device, "usd_per_second": amount}).json()
    if as_json:
        out.print_json(json.dumps(done))
        return
    if not done["rows"]:
        err.print(
            f"No second of {escape(device)} is without a price; [bold]./plainview usage --by device_name[/] shows all."
        )
        return
    err.print(
        f"{held(done['gpu_seconds'])} of {escape(device)} cost {money(done['cost_usd'])}; no budget waits for their price."
    )


def _path(period: str, customer: str | None, *, each_customer: bool) -> str:
    if each_customer and customer is not None:
        fail("--each-customer and --customer exclude each other", code=2)
    if customer is not None:
        return f"/budgets/customers/{quote(_known_shape(customer), safe='')}/{period}"
    return f"/budgets/{'default' if each_customer else 'service'}/{period}"


def _known_shape(customer: str) -> str:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415

    from app.keys.schemas import Customer as Allowed  # noqa: PLC0415

    try:
        return TypeAdapter[str](Allowed).validate_python(customer)
    except ValidationError as error:
        fail(f"--customer {customer!r} {error.errors()[0]['msg'].removeprefix('Value error, ')}", code=2)


def _usd(option: str, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        fail(f"{option} {text!r} is no amount in USD: give one such as 10 or 0.25", code=2)
    return f"{amount:f}"


def _whose(customer: str | None, period: str, *, each_customer: bool) -> str:
    who = escape(customer) if customer else "each customer without one of its own" if each_customer else "the service"
    return f"The budget of {who} per {period}"
