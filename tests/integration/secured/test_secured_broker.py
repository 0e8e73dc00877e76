"""`bulkhead broker start --secure` and `bulkhead broker token`, with a real server."""

import stat
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bulkhead.broker.problem import BrokerError
from bulkhead.broker.security import Security, write_token
from bulkhead.log.open import open_log
from tests.integration.log.helpers import append, frames
from tests.support.pulsar import Broker, running_broker
from tests.support.running import listening, run


def test_what_is_made_is_private_and_made_once(tmp_path: Path) -> None:
    security = Security(tmp_path / "secured")
    security.make()
    before = {path.name: path.read_bytes() for path in security.folder.iterdir()}
    security.make()
    assert {path.name: path.read_bytes() for path in security.folder.iterdir()} == before
    assert stat.S_IMODE(security.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in security.folder.iterdir()} == {0o600}


def test_a_token_says_its_role_and_is_signed_with_the_key_that_the_server_knows(tmp_path: Path) -> None:
    security = Security(tmp_path / "secured")
    security.make()
    write_token(security.token_key, "risk.1@dev.bulkhead", tmp_path / "token")
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    public = load_der_public_key(security.token_public_key.read_bytes())
    told = jwt.decode((tmp_path / "token").read_text().strip(), public, algorithms=["RS256"])  # type: ignore[arg-type]  # RSA
    assert told == {"sub": "risk.1@dev.bulkhead"}
    with pytest.raises(BrokerError, match=r"can't be used .*bulkhead broker start --secure"):
        write_token(tmp_path / "missing", "a", tmp_path / "b")


@pytest.mark.pulsar
def test_it_listens_on_loopback_with_tls_only_and_keeps_its_secrets_out_of_its_arguments(
    secured_broker: Broker, tmp_path: Path
) -> None:
    status, security = secured_broker.status, secured_broker.server.security
    assert listening(status.pid) == {"0100007F"}
    assert (status.service_url[:10], status.admin_url[:5]) == ("pulsar+ssl", "https")
    arguments = Path(f"/proc/{status.pid}/cmdline").read_bytes()
    for secret in (security.admin_token, security.broker_token, security.token_key):
        assert secret.read_bytes().strip()[-40:] not in arguments
    folder = secured_broker.server.folder
    options = ["--folder", str(folder.parent)]
    made = run(
        "broker",
        "token",
        "some.role",
        "--name",
        folder.name,
        "-o",
        str(tmp_path / "t"),
        *options,
        cwd=tmp_path,
    )
    assert made.status == 0, made.stderr
    assert jwt.decode((tmp_path / "t").read_text().strip(), options={"verify_signature": False}) == {
        "sub": "some.role"
    }
    refused = run("broker", "start", "--name", folder.name, *options, cwd=tmp_path)
    assert (refused.status, "is a secured Pulsar server" in refused.stderr) == (1, True)
    found = run("broker", "status", "--json", *options, cwd=tmp_path).json["servers"][0]
    assert (found["healthy"], found["kind"]) == (True, "secured-pulsar")


@pytest.mark.pulsar
def test_frames_of_any_size_come_back_from_its_disk(tmp_path: Path) -> None:
    """With the bookie's port closed (enableLocalTransport) those above 16 KiB do not."""
    sizes = [b"a" * size for size in (10, 15_000, 17_000, 131_072, 1_500_000)]
    with running_broker(tmp_path, secured=True) as broker:
        security = broker.server.security
        address = (
            f"{broker.status.service_url}/acme/kept?admin={broker.status.admin_url}"
            f"&token={quote(str(security.admin_token))}&ca={quote(str(security.authority))}"
        )
        with closing(open_log(address)) as log:
            log.create_topic("books", 1)
            append(log.writer("books/0", "a"), *sizes)
        broker.server.stop(print)
        broker.server.start(print)
        with closing(open_log(address)) as log:
            reader = log.reader("books/0", "a")
            assert reader.end() is not None
            assert frames(reader, len(sizes)) == sizes
