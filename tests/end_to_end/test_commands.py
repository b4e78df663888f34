"""The commands of the contract, as a person runs them, on a running hub."""

import socket
from importlib import resources
from pathlib import Path

import pytest

from tests.support import command

SAMPLES = resources.files("hub.cli.importing") / "samples"
ECR = str(SAMPLES / "ecr_sample.csv")
CHARGEPOINTS = str(SAMPLES / "chargepoints_sample.csv")


def rows_are_accounted_for(summary: dict[str, int]) -> bool:
    return summary["rows"] == sum(summary[name] for name in ("registered", "duplicates", "queried", "refused"))


@pytest.mark.parametrize(("kind", "file"), [("ecr", ECR), ("chargepoints", CHARGEPOINTS)])
def test_a_register_imported_again_makes_no_new_asset_and_no_new_version(data: Path, kind: str, file: str) -> None:
    first = command.hub("import", kind, file, "--json", data=data)
    assert first.code == 0, first.err
    before = command.hub("verify", "--json", data=data)
    again = command.hub("import", kind, file, "--json", data=data)
    after = command.hub("verify", "--json", data=data)

    assert rows_are_accounted_for(first.last_line)
    assert first.last_line["registered"] > 0
    assert rows_are_accounted_for(again.last_line)
    assert again.last_line["registered"] == again.last_line["queried"] == 0
    assert again.last_line["refused"] == first.last_line["refused"]
    assert before.last_line == after.last_line
    assert (before.code, after.code) == (0, 0)


def test_northern_irish_rows_are_told_so(data: Path) -> None:
    summary = command.hub("import", "chargepoints", CHARGEPOINTS, "--json", data=data).last_line

    assert any("Northern Ireland" in reason for reason in summary["reasons"])


def test_each_simulator_finds_what_it_expects(data: Path) -> None:
    town = command.hub("simulate", "town", "--premises", "200", data=data)
    ran = {
        actor: command.hub("simulate", *actor.split(), "--count", "60", "--json", data=data)
        for actor in ("installer", "oem", "platform", "platform --kafka")
    }
    heard = {actor: command.hub("simulate", actor, "--seconds", "6", "--json", data=data) for actor in ("so", "fsp")}

    assert town.code == 0, town.err
    assert {actor: (r.code, r.err if r.code else "") for actor, r in ran.items()} == dict.fromkeys(ran, (0, ""))
    assert {actor: r.code for actor, r in heard.items()} == {"so": 0, "fsp": 0}
    assert heard["so"].last_line["received"]["neso"] > 0
    assert sum(heard["fsp"].last_line["received"].values()) > 0


def test_a_signed_message_goes_by_hand_and_what_is_wrong_can_be_mended_and_released(data: Path, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(
        '{"type": "AssetCommissioned", "sender": "installer-2", "sender_asset_ref": "by-hand-1",'
        ' "occurred_at": "2026-05-01T10:00:00Z", "effective_from": "2026-05-01", "asset_category": "HEAT_PUMP",'
        ' "rated_capacity_kw": 7, "connection_status": "PENDING", "location": {"postcode": "IP1 1AA"},'
        ' "market": {"fsp": "fsp-1"}}'
    )

    refused = command.hub("send", str(body), "--participant", "installer-2", data=data)
    held = command.hub("quarantine", "list", "--json", data=data).last_line["held"]
    mine = next(h for h in held if h["participant"] == "installer-2")
    shown = command.hub("quarantine", "show", mine["quarantine_id"], data=data)
    released = command.hub("quarantine", "release", mine["quarantine_id"], data=data)

    assert refused.code == 1
    assert "scope_denied" in refused.out
    assert shown.last_line["code"] == "scope_denied"
    assert "by-hand-1" not in shown.out, "what the message says stays inside"
    assert released.code == 2
    assert "would be refused again (scope_denied)" in released.err


def test_a_revoked_key_is_refused_within_seconds(data: Path, tmp_path: Path) -> None:
    file, body = tmp_path / "me.json", tmp_path / "body.json"
    body.write_text(
        '{"type": "AssetCommissioned", "sender": "installer-3", "sender_asset_ref": "keys-1",'
        ' "occurred_at": "2026-05-01T10:00:00Z", "effective_from": "2026-05-01", "asset_category": "HEAT_PUMP",'
        ' "rated_capacity_kw": 7, "connection_status": "PENDING", "location": {"postcode": "IP1 1AA"}}'
    )
    key_id = command.hub("keys", "make", "--participant", "installer-3", "--out", str(file), data=data).out.split()[0]
    registered = command.hub("keys", "register", "--identity", str(file), data=data)

    def send() -> int:
        return command.hub("send", str(body), "--key", str(file), data=data).code

    taken = command.eventually(lambda: send() == 0)
    command.hub("keys", "revoke", key_id, data=data)
    refused = command.eventually(lambda: send() == 1)

    assert registered.out.strip() == key_id
    assert taken
    assert refused


def test_the_doctor_finds_a_running_hub_well_but_for_its_quarantine(data: Path) -> None:
    ran = command.hub("doctor", "--json", data=data)

    found = {f["what"]: f["ok"] for f in ran.last_line["findings"]}
    assert {name for name, ok in found.items() if not ok} <= {"quarantine"}
    assert {"PostgreSQL", "tables", "locks", "durability", "Kafka", "journal lag", "outbox"} <= set(found)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("verify", "--data", "nowhere"), "no hub is running"),
        (("import", "ecr", ECR, "--url", "http://127.0.0.1:1"), "--key"),
        (("keys", "register", "--public", ECR), "give --identity FILE"),
        (("quarantine", "show", "not-a-uuid"), "not-a-uuid"),
    ],
)
def test_bad_use_is_one_line_that_says_what_to_do(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    ran = command.hub(*words, data=tmp_path)

    assert ran.code == 2
    assert says in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    ran = command.hub("up", data=tmp_path, settings={"HUB_KAFKA": "no address", "HUB_OIDC_ISSUER": "somebody"})

    assert ran.code == 2
    assert "HUB_KAFKA: " in ran.err
    assert "HUB_OIDC_ISSUER" in ran.err


def test_a_second_hub_on_the_same_folder_is_refused_and_leaves_the_first_alone(data: Path) -> None:
    ran = command.hub("up", "--port", "0", data=data)
    verdict = command.hub("verify", data=data)

    assert ran.code == 2
    assert "a hub is already up" in ran.err
    assert verdict.code == 0


def test_a_start_that_cannot_be_is_refused_at_once_and_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        on_a_taken_port = command.hub("up", "--port", port, data=tmp_path / "one")
    (tmp_path / "file").write_text("no folder")
    in_a_file = command.hub("up", data=tmp_path / "file")
    nobody = command.hub("up", data=tmp_path / "two", settings={"HUB_PARTICIPANTS": str(tmp_path / "nowhere.json")})

    ran = (on_a_taken_port, in_a_file, nobody)
    assert [r.code for r in ran] == [2, 2, 2]
    said = [r.err.strip().splitlines()[-1] for r in ran]
    assert f"port {port} is in use" in said[0]
    assert "HUB_DATA" in said[1]
    assert "HUB_PARTICIPANTS" in said[2]


@pytest.mark.timeout(240)
def test_what_was_there_is_there_again_after_a_restart(folder: Path) -> None:
    where = folder / "restart"
    with command.up(where):
        first = command.hub("import", "ecr", ECR, "--json", data=where)
    with command.up(where):
        again = command.hub("import", "ecr", ECR, "--json", data=where)
        verdict = command.hub("verify", data=where)

    assert first.last_line["registered"] > 0
    assert again.last_line["registered"] == 0
    assert verdict.code == 0, verdict.out
