"""A WebDAV server for the tests: `webdav_server.py FOLDER PORT_FILE`. User dvc, password pw-of-dvc.

An answer to PROPFIND below /cut stops half-way through its body.
"""

import sys
from pathlib import Path

from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp

folder, note = sys.argv[1:]
dav = WsgiDAVApp(
    {
        "provider_mapping": {"/": folder},
        "simple_dc": {"user_mapping": {"*": {"dvc": {"password": "pw-of-dvc"}}}},
        "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
        "logging": {"enable": False},
        "verbose": 1,
    }
)


def application(environ, start_response):
    answer = dav(environ, start_response)
    if environ["REQUEST_METHOD"] != "PROPFIND" or not environ["PATH_INFO"].startswith("/cut/"):
        return answer
    body = b"".join(answer)
    return [body[: len(body) // 2]]  # Content-Length was promised in whole


server = wsgi.Server(("127.0.0.1", 0), application)
server.prepare()
draft = Path(note + ".draft")
draft.write_text(str(server.bind_addr[1]))
draft.rename(note)
server.serve()
