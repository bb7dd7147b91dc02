"""How tests look at snapshots and series."""


def by_model(snapshot, part):
    return next(card for card in snapshot.cards if card.facts and part in card.facts.model)


def series(registry, name):
    return {
        tuple(value for label, value in sorted(sample.labels.items()) if label != "gpu_uuid"): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == name
    }


def until(gpus, wanted):
    snapshot = gpus.wait_for(wanted, 10)
    assert wanted(snapshot), snapshot
    return snapshot


def later_than(snapshot):
    return lambda new: new.read_at is not None and new.read_at > snapshot.read_at
