from stack.native import in_force


def test_changed_added_and_removed_settings_are_named(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key")
    password = tmp_path / "password"
    password.write_text("old")
    before = in_force.digests(
        {"PLAINVIEW_A": "1", "OTEL_B": "2", "PLAINVIEW_C": "3", "PLAINVIEW_D_FILE": str(password), "HOME": "/x"}, secret
    )
    password.write_text("new")
    now = in_force.digests(
        {"PLAINVIEW_A": "1", "OTEL_B": "x", "PLAINVIEW_E": "5", "PLAINVIEW_D_FILE": str(password), "HOME": "/y"}, secret
    )
    assert in_force.differing(before, now) == ["OTEL_B", "PLAINVIEW_C", "PLAINVIEW_D_FILE", "PLAINVIEW_E"]
    assert in_force.differing(before, before) == []


def test_digests_tell_no_value_and_leave_out_what_only_commands_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("key")
    environment = {"PLAINVIEW_NOTIFY_URLS": "json://hush", "PLAINVIEW_API_KEY": "pv", "PLAINVIEW_EMPTY": ""}
    found = in_force.digests(environment, secret)
    assert found.keys() == {"PLAINVIEW_NOTIFY_URLS"}
    assert "hush" not in str(found)
    secret.write_text("another")
    assert in_force.digests(environment, secret) != found
