"""The automations of automations.yaml on a Prefect server, and the secret address that failures are posted to."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import yaml
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import BlockDocumentCreate, BlockDocumentUpdate
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound

from datasets.errors import UserError

_WEBHOOK = "webhook"  # the slug of Prefect's block type, and the key of an action in automations.yaml
_HEADERS = {"Content-Type": "application/json"}


class AutomationError(UserError):
    """An automation cannot be registered; the sentence never repeats the address of a webhook."""


def register_automations(
    client: SyncPrefectClient, path: Path, environment: Mapping[str, str] = os.environ
) -> list[str]:
    """Make the server's automations those of the file, found by name; a sentence for each.

    One that a person switched on or off stays so. One whose webhook the environment does not name is left as it is.
    Raises AutomationError for an address that is none.
    """
    told = []
    for declared in yaml.safe_load(path.read_text())["automations"]:
        missing = [name for name in _webhooks(declared) if not environment.get(name)]
        known = _find(client, declared["name"])
        if missing:
            told.append(_told_missing(declared["name"], missing[0], known))
            continue
        _put(client, _resolved(client, declared, environment), known)
        told.append(f"{declared['name']}: registered")
    return told


@contextmanager
def kept_switches(client: SyncPrefectClient) -> Iterator[None]:
    """Automations that were switched stay so inside, though `prefect deploy` makes those of its triggers anew."""
    before = {each.name: each.enabled for each in client.read_automations()}
    try:
        yield
    finally:
        for each in client.read_automations():
            wanted = before.get(each.name, each.enabled)
            if wanted != each.enabled:
                (client.resume_automation if wanted else client.pause_automation)(each.id)


def _webhooks(declared: Mapping[str, Any]) -> list[str]:
    return [action[_WEBHOOK] for action in declared["actions"] if _WEBHOOK in action]


def _told_missing(name: str, variable: str, known: Automation | None) -> str:
    if known:
        return f"{name}: left as it was, since {variable} is not set here"
    return f"{name}: off; set {variable} to the address that is to be told, and run this again"


def _find(client: SyncPrefectClient, name: str) -> Automation | None:
    return next(iter(client.read_automations_by_name(name)), None)


def _put(client: SyncPrefectClient, wanted: AutomationCore, known: Automation | None) -> None:
    if known is None:
        client.create_automation(wanted)
        return
    client.update_automation(known.id, wanted.model_copy(update={"enabled": known.enabled}))


def _resolved(
    client: SyncPrefectClient, declared: Mapping[str, Any], environment: Mapping[str, str]
) -> AutomationCore:
    """With the ids of webhook blocks in place of the names of variables."""
    actions = []
    for action in declared["actions"]:
        plain = {name: value for name, value in action.items() if name != _WEBHOOK}
        if variable := action.get(_WEBHOOK):
            plain["block_document_id"] = _webhook_block(client, variable, environment[variable])
        actions.append(plain)
    return AutomationCore.model_validate({**declared, "actions": actions})


def _webhook_block(client: SyncPrefectClient, variable: str, url: str) -> UUID:
    """The id of the block that keeps the address, encrypted, under the variable's name."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise AutomationError(
            f"{variable} holds no address: set it to one that begins with https:// or http://"
        )
    name = variable.lower().replace("_", "-")
    # Private addresses are allowed: chat servers stand in the same network, and only who may edit blocks sets them.
    data = {"url": url, "method": "POST", "headers": _HEADERS, "allow_private_urls": True}
    kind = client.read_block_type_by_slug(_WEBHOOK)
    try:
        known = client.read_block_document_by_name(name, _WEBHOOK, include_secrets=False)
    except ObjectNotFound:
        schema = client.read_block_schema_by_checksum(Webhook._calculate_schema_checksum())
        made = BlockDocumentCreate(name=name, data=data, block_schema_id=schema.id, block_type_id=kind.id)
        return client.create_block_document(made).id
    client.update_block_document(known.id, BlockDocumentUpdate(data=data, merge_existing_data=False))
    return known.id
