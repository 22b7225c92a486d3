"""An SFTP server for the tests: `sftp_server.py FOLDER PORT_FILE`.

User dvc, password pw-of-dvc, or a key that FOLDER.keys lists. Below /locked nothing may be read; a listing below /cut loses its
connection after the first name.
"""

import asyncio
import sys
from pathlib import Path

import asyncssh


class Door(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("dvc", "pw-of-dvc")


class Files(asyncssh.SFTPServer):
    def __init__(self, channel: "asyncssh.SSHServerChannel[bytes]", root: bytes) -> None:
        super().__init__(channel, chroot=root)

    def _checked(self, path: bytes) -> None:
        if path.startswith(b"/locked"):
            raise asyncssh.SFTPPermissionDenied("Permission denied")

    def stat(self, path: bytes):
        self._checked(path)
        return super().stat(path)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs):
        self._checked(path)
        return super().open(path, pflags, attrs)

    async def scandir(self, path: bytes):
        self._checked(path)
        async for name in super().scandir(path):
            yield name
            if path.startswith(b"/cut") and name.filename not in (b".", b".."):
                self.channel.get_connection().abort()
                raise asyncssh.SFTPConnectionLost("cut")


def tell(note: str, port: int) -> None:
    draft = Path(note + ".draft")
    draft.write_text(str(port))
    draft.rename(note)


async def main(folder: str, note: str, keys: str | None) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[key],
        server_factory=Door,
        authorized_client_keys=keys,
        sftp_factory=lambda channel: Files(channel, folder.encode()),
    )
    tell(note, server.sockets[0].getsockname()[1])
    await asyncio.Event().wait()


listed = Path(f"{sys.argv[1]}.keys")
asyncio.run(main(sys.argv[1], sys.argv[2], str(listed) if listed.exists() else None))
