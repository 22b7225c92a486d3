"""Passwords and tokens are taken out of text, in whatever form an error text brings them; the rest stays."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest

from release.core.secrets import forms_of, without_secrets

HIDDEN = {
    "http://ada:Hid@den1@host/x": "http://***@host/x",
    "http://ada:Hid/den1@host/x": "http://***@host/x",
    "fatal: unable to access 'https://oauth2:Hidden1@h/x/': refused": "fatal: unable to access 'https://***@h/x/': refused",
    "https://Hidden1@github.com/x": "https://***@github.com/x",
    "http://ada:Hidden1@[::1]:80/x": "http://***@[::1]:80/x",
    "Authorization: token Hidden1": "Authorization: ***",
    "Authorization: Bearer Hidden1": "Authorization: ***",
    "{'password': 'Hid den1', 'user': 'ada'}": "{'password': ***, 'user': 'ada'}",
    '{"secret_access_key": "Hid\\"den1"}': '{"secret_access_key": ***}',
    "password='Hidden1'": "password=***",
    "key_file_password=b'Hidden1'": "key_file_password=***",
    "AccountName=a;AccountKey=Hidden1==;x": "AccountName=a;AccountKey=***;x",
    "passphrase: Hidden1": "passphrase: ***",
    "?sv=1&sig=Hidden1&se=2": "?sv=1&sig=***&se=2",
    "?X-Amz-Signature=Hidden1&X-Amz-Security-Token=Hidden1": "?X-Amz-Signature=***&X-Amz-Security-Token=***",
    "no access for ghp_Hidden1Hidden1Hidden1": "no access for ***",
    "curl --token Hidden1 https://h/x": "curl --token *** https://h/x",
    "x --password Hidden1": "x --password ***",
    "x --PASSWORD  'Hid den1' y": "x --PASSWORD  *** y",
    'x --secret-access-key "Hid den1" y': "x --secret-access-key *** y",
    "x --client-secret Hidden1, y": "x --client-secret ***, y",
    "Command '['x', '--password', 'Hid den1', 'y']' failed": "Command '['x', '--password', ***, 'y']' failed",
    "x --token isHidden1": "x --token ***",
    "x --password is-Hidden1": "x --password ***",
    "--token=Hidden1": "--token=***",
    "fatal: ada:Hidden1@host:x/y.git does not exist": "fatal: ***@host:x/y.git does not exist",
    "ada.l:Hid@den:1@git.example.org:x": "***@git.example.org:x",
    "'ada:Hidden1@host:~/x'": "'***@host:~/x'",
    "to=https%3A%2F%2Fada%3AHidden1%40host%2Fx&y=1": "to=https%3A%2F%2F***%40host%2Fx&y=1",
    "https%253a%252f%252fHidden1%2540host": "https%253a%252f%252f***%2540host",
    "Cookie: session=Hidden1; id=Hidden1": "Cookie: ***",
    "< set-cookie: id=Hidden1; Path=/\n< x: y": "< set-cookie: ***\n< x: y",
    "{'Cookie': 'session=Hidden1; a=b', 'x': 'y'}": "{'Cookie': ***, 'x': 'y'}",
    "Authorization: SharedKey ada:Hidden1": "Authorization: ***",
    "Proxy-Authorization: Negotiate Hidden1": "Proxy-Authorization: ***",
    "SSH_PASS=Hidden1 smtp-pass: Hidden1": "SSH_PASS=*** smtp-pass: ***",
    "?auth=Hidden1&x=1": "?auth=***&x=1",
    "xoxb-12345678-Hidden1Hidden1 ya29.Hidden1Hidden1Hidden1": "*** ***",
    "key:\n-----BEGIN OPENSSH PRIVATE KEY-----\nHidden1\nHidden1\n-----END OPENSSH PRIVATE KEY-----\nx": "key:\n***\nx",
    "-----BEGIN RSA PRIVATE KEY-----\nHidden1": "***",
    "401, message='Basic YWRhOkhpZGRlbjE='": "401, message='Basic ***'",
    "you sent Basic%20YWRhOkhpZGRlbjE%3D": "you sent Basic%20***",
    "remote: no access for YWRhOkhpZGRlbjE=": "remote: no access for ***",
    "remote: no access for YWRhOkhpZGRlbjE": "remote: no access for ***",
    "you sent Bearer Hidden1.x-y": "you sent Bearer ***",
    'Authorization: Digest username="ada", response="Hidden1", nc=1': "Authorization: ***",
    "Authorization: AWS4-HMAC-SHA256 Credential=Hidden1/x, SignedHeaders=host, Signature=Hidden1": "Authorization: ***",
    "InvalidAccessKeyId AKIAIOSFODNN7EXAMPLE": "InvalidAccessKeyId ***",
}


@pytest.mark.parametrize(("text", "shown"), HIDDEN.items())
def test_a_secret_is_hidden_and_nothing_else(text, shown):
    assert without_secrets(text) == shown
    assert without_secrets(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "ssh://git@host:22/x",
        "git@github.com:ada/x.git",
        "http://127.0.0.1:8000/a@b",
        "https://registry:443/@scope/package",
        "http://[::1]/a@b",
        "model/tokenizer: missing",
        "max_tokens: 512",
        "v1.0.0: signing failed: no key",
        "http://h:8000, and a mail to a@b",
        "--password is needed, or --token",
        "use --token to log in; --password cannot be given with --token.",
        "--token --verbose",
        "the options '--token', --password and --key-file",
        "no-token x",
        "python:3.11@sha256:0123abcd",
        "mailto:ada@host:25",
        "charCNN@v1.3.0: no such tag",
        "error: a@b: c",
        "model/performance.json:f1@v1/x:y",
        "git@host:x and git@host:y",
        "tests pass: 3",
        "the pass=1 of two",
        "cookies: 3",
        "author=Ada authentic=1",
        "a%3A%2F%2Fb%2Fc and 40%40",
        "-----BEGIN PUBLIC KEY-----",
        "basic authentication, Basic realm and Basic Authorization",
        "Bearer authentication failed",
        "models/charCNN/Model_v12.bin of d41d8cd98f00b204e9800998ecf8427e",
    ],
)
def test_what_is_no_secret_stays(text):
    assert without_secrets(text) == text


PIECES = [
    "password",
    "token_",
    "http://a:",
    "a@",
    "eyJ-",
    'secret="',
    "x",
    "--token ",
    "--token a-",
    "--a-",
    "--token-",
    "a%3A%2F%2F",
    "cookie:",
    "-----BEGIN A PRIVATE KEY-----",
    "xoxb-",
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "piece",
    [
        *PIECES,
        "a:",
        "a:b@",
        "a:b@c:",
        " a:@",
        " a:b@c",
        "--password '",
        "--token   ",
        "Basic ",
        "aA",
        "Bearer ",
        "authorization: digest a=",
    ],
)
def test_a_remote_s_long_text_is_read_in_no_time(piece):
    without_secrets("http://" + piece * (100_000 // len(piece)))


@pytest.mark.parametrize("secret", ["s3cr3t/+ &pass", "größe'1", 'a"b\\c'])
def test_a_known_secret_is_hidden_in_every_form_that_a_server_may_send_back(secret):
    known = forms_of([quote(secret)], ["ada"])
    pair, data = f"ada:{secret}".encode(), secret.encode()
    for form in (
        secret,
        quote(secret),
        quote(secret, safe="").lower(),
        quote_plus(secret),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        b64encode(data).decode(),
        b64encode(pair).decode(),
        b64encode(pair).decode().rstrip("="),
        urlsafe_b64encode(pair).decode(),
        quote(b64encode(pair), safe=""),
        data.hex(),
        pair.hex().upper(),
    ):
        assert without_secrets(f"you sent x{form}x", known) == "you sent x***x", form
