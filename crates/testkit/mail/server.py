"""A mail server for tests: reports the emails it receives, and refuses on command.

Prints `listening PORT` first, then one line of JSON for each email. Reads lines of
JSON on its standard input, each about the next emails to one address: {"to": …,
"reply": "451 4.3.0 Later", "times": 1}; prints `noted` after each, also after {}.
Ends when its input does.
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Handler:
    """Reports an email, or refuses it."""

    def __init__(self):
        self.refusals = []

    async def handle_DATA(self, server, session, envelope):
        for refusal in self.refusals:
            if refusal["times"] > 0 and refusal["to"] in envelope.rcpt_tos:
                refusal["times"] -= 1
                return refusal["reply"]
        encrypted = server.transport.get_extra_info("sslcontext") is not None
        say(received(session, envelope) | {"encrypted": encrypted})
        return "250 2.0.0 Kept"


def received(session, envelope):
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    plain = message.get_body(("plain",))
    html = message.get_body(("html",))
    return {
        "envelope_from": envelope.mail_from,
        "envelope_to": envelope.rcpt_tos,
        "login": session.auth_data.login.decode() if session.authenticated else None,
        "headers": [[name, str(value)] for name, value in message.items()],
        "kind": message.get_content_type(),
        "defects": [repr(defect) for part in message.walk() for defect in part.defects],
        "text": plain.get_content() if plain else "",
        "html": html.get_content() if html else "",
    }


def say(value):
    print(value if isinstance(value, str) else json.dumps(value), flush=True)


def tls(options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    return context


async def serve(options):
    handler = Handler()

    def authenticate(server, session, envelope, mechanism, data):
        valid = isinstance(data, LoginPassword) and (data.login, data.password) == (
            options.user.encode(),
            options.password.encode(),
        )
        return AuthResult(success=valid, handled=False, auth_data=data)

    def protocol():
        return SMTP(
            handler,
            hostname="mailbox.test",
            enable_SMTPUTF8=True,
            tls_context=tls(options) if options.starttls else None,
            require_starttls=options.starttls,
            authenticator=authenticate if options.user else None,
            auth_required=bool(options.user),
            auth_require_tls=options.starttls,
        )

    loop = asyncio.get_running_loop()
    context = tls(options) if options.tls else None
    server = await loop.create_server(protocol, "127.0.0.1", options.port, ssl=context)
    say(f"listening {server.sockets[0].getsockname()[1]}")
    while command := await loop.run_in_executor(None, sys.stdin.readline):
        if refusal := json.loads(command):
            handler.refusals.append(refusal)
        say("noted")


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--starttls", action="store_true")
parser.add_argument("--tls", action="store_true")
parser.add_argument("--user")
parser.add_argument("--password")
logging.disable()
asyncio.run(serve(parser.parse_args()))
