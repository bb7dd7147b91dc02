"""`keys`: who may use the service."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import typer

from stack.cli import compose, keys_shown
from stack.cli.keys_given import AS_JSON, ROLE_S, TIER_S, said, scopes, settings, span, until, who
from stack.cli.output import err, escape, fail, money, out

keys = typer.Typer(
    help="Make, look at, change, rotate and revoke API keys.", no_args_is_help=True, callback=compose.instead
)
Key = Annotated[str, typer.Argument(help="Id of the key, or its beginning as `keys list` shows it.", metavar="KEY")]
AsJson = Annotated[bool, AS_JSON]
Tier = Annotated[str | None, typer.Option(help="standard or premium.")]


@keys.command()
def create(  # noqa: PLR0913 - options are arguments
    *,
    customer: Annotated[str, typer.Option(help="Who the key is for; shown in logs, spans and costs.")],
    name: Annotated[str, typer.Option(help="What to call it, such as production.")] = "",
    role: Annotated[str, typer.Option(help="customer or admin.")] = "customer",
    tier: Annotated[str, typer.Option(help="standard or premium.")] = "standard",
    scope: Annotated[
        list[str] | None, typer.Option(help="What it may do, once for each; all that its role may unless given.")
    ] = None,
    limit: Annotated[
        str | None, typer.Option(help="A limit of its own in place of its tier's, such as 10/hour.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="After how long it ends: 12h, 30d, 8w, or a date such as 2030-12-31.")
    ] = None,
    budget_day: Annotated[
        str | None, typer.Option(help="USD that its customer may spend a day, with all its keys.")
    ] = None,
    budget_month: Annotated[str | None, typer.Option(help="USD that its customer may spend a month.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it. It is not stored and cannot be shown again."""
    from app.keys.store import add_key  # noqa: PLC0415

    end = until(expires, datetime.now(UTC))
    with said():
        given = {"customer": customer, "name": name, "role": role, "tier": tier}
        amounts = {"budget_day_usd": budget_day, "budget_month_usd": budget_month}
        new = keys_shown.new_key(given | scopes(scope) | {"rate_limit": limit, "expires_at": end} | amounts)
        key, secret = add_key(settings(), new.facts, new.budgets, by=who())
    keys_shown.note("key.created", key, by=who())
    if as_json:
        keys_shown.json(key, key=secret.text)
        return
    for period, amount in (("day", new.budget_day_usd), ("month", new.budget_month_usd)):
        if amount is not None:
            err.print(f"{escape(key.customer)} may spend {money(float(amount))} a {period} with all its keys.")
    until_then = f", until {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else ""
    err.print(
        f"A {key.tier} key of {escape(key.customer)} with the role {key.role}{until_then}. It is shown this once:"
    )
    out.print(secret.text, markup=False)


@keys.command("list")
def list_(
    *,
    customer: Annotated[str | None, typer.Option(help="Only this customer's.")] = None,
    status: Annotated[
        Literal["active", "expired", "revoked"] | None, typer.Option(help="Only keys in this state.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List keys, newest first, without their secrets."""
    from app.keys.store import list_keys  # noqa: PLC0415

    with said():
        found = list_keys(settings(), customer=customer, status=status)
    keys_shown.several(found, as_json=as_json)


@keys.command()
def show(key: Key, *, as_json: AsJson = False) -> None:
    """Show what is known about a key."""
    from app.keys.store import budgets_of, find_key  # noqa: PLC0415

    with said(key):
        of = settings()
        found = find_key(of, key)
        standings = budgets_of(of, found.customer)
    keys_shown.one(found, as_json=as_json, standings=standings)


@keys.command()
def update(  # noqa: PLR0913 - options are arguments
    key: Key,
    *,
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    tier: Tier = None,
    scope: Annotated[
        list[str] | None, typer.Option(help=f"What it may do, once for each; {ROLE_S} for what its role may.")
    ] = None,
    limit: Annotated[
        str | None, typer.Option(help=f"A limit of its own, such as 10/hour; {TIER_S} for its tier's.")
    ] = None,
    expires: Annotated[str | None, typer.Option(help="When it ends: 12h, 30d, 8w, a date, or never.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change a key. What is not named stays; the change counts on every node within two seconds."""
    from app.keys.store import change_key  # noqa: PLC0415

    given: dict[str, Any] = {"name": name, "tier": tier}
    given = {option: value for option, value in given.items() if value is not None} | scopes(scope)
    if limit is not None:
        given["rate_limit"] = None if limit == TIER_S else limit
    if expires is not None:
        given["expires_at"] = None if expires == "never" else until(expires, datetime.now(UTC))
    with said(key):
        before, changed = change_key(settings(), key, keys_shown.changes(given).of)
    if differences := keys_shown.differences(before, changed):
        keys_shown.note("key.changed", changed, by=who(), changes=differences)
    keys_shown.one(changed, as_json=as_json)


@keys.command()
def rotate(
    key: Key,
    *,
    overlap: Annotated[str, typer.Option(help="How long the old key goes on working: 0, 30m, 24h, 7d.")] = "24h",
    as_json: AsJson = False,
) -> None:
    """Make a key with the same facts in place of another, and print it. The old one stops after the overlap."""
    from app.keys.changes import LONGEST_OVERLAP  # noqa: PLC0415
    from app.keys.store import rotate_key  # noqa: PLC0415

    wait = timedelta(0) if overlap == "0" else span("--overlap", overlap)
    if wait > LONGEST_OVERLAP:
        fail(f"--overlap {overlap!r} is too long: at most {LONGEST_OVERLAP.days}d", code=2)
    with said(key):
        old, new, secret = rotate_key(settings(), key, wait)
    keys_shown.note("key.rotated", old, by=who(), replaced_by=new.id, expires_at=str(old.expires_at))
    if as_json:
        keys_shown.json(new, key=secret.text, replaces=old)
        return
    stops = "has stopped" if not wait else f"stops at {old.expires_at:%Y-%m-%d %H:%M} UTC"
    err.print(f"{old.label} of {escape(old.customer)} {stops}. The new key is shown this once:")
    out.print(secret.text, markup=False)


@keys.command()
def revoke(
    key: Key,
    *,
    reason: Annotated[str | None, typer.Option(help="Why; kept with the key.")] = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key for good; it stops working within two seconds."""
    from app.keys.store import revoke_key  # noqa: PLC0415

    with said(key):
        revoked = revoke_key(settings(), key, by=who(), reason=keys_shown.reason(reason))
    keys_shown.note("key.revoked", revoked, by=who())
    if as_json:
        keys_shown.json(revoked)
        return
    err.print(f"Revoked {revoked.label} of {escape(revoked.customer)}.")
