"""The notifier: takes alerts from Alertmanager, keeps them in an outbox and tells people through Apprise."""
