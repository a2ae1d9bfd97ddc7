"""Follows the constraints of a namespace, or of all that you may see: python3 events.py [NAMESPACE]

Prints one line a change. A stream tells changes alone, so whoever needs the whole reads it again after a reconnect.
"""

import json
import os
import sys
import time

import httpx


def changes(client: httpx.Client, namespace: "str | None"):
    """Each change of one stream, until it ends."""
    params = {"namespace": namespace} if namespace else None
    # httpx gives up after 5 seconds of silence; the gateway says something at least every 2.
    with client.stream("GET", "/sse", params=params) as response:
        if response.status_code == 429 or response.is_server_error:
            # Too many streams, or a gateway that starts or stops: worth another try.
            print(f"reconnecting: {response.status_code}", file=sys.stderr)
            return
        if response.is_error:
            answer = json.loads(response.read())
            sys.exit(f"{response.status_code} {answer['code']}: {answer['error']}")
        print("connected", flush=True)
        for line in response.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))["data"]


def main(namespace: "str | None") -> None:
    token = os.environ.get("POTOO_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = os.environ.get("POTOO_URL", "http://localhost:8090")
    with httpx.Client(base_url=url, headers=headers) as client:
        while True:
            try:
                for change in changes(client, namespace):
                    print(change["type"], change["namespace"], change["severity"], change["constraintName"], flush=True)
            except httpx.TransportError as error:
                print(f"reconnecting: {error}", file=sys.stderr)
            time.sleep(1)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    main(sys.argv[1] if len(sys.argv) == 2 else None)
