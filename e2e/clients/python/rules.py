"""Prints what binds a namespace: python3 rules.py NAMESPACE"""

import os
import sys

import httpx


def pages(client: httpx.Client, namespace: str):
    """The answers of potoo_query, one after the other, until nothing is left."""
    cursor = None
    while True:
        response = client.post(
            "/tools/potoo_query",
            json={"namespace": namespace, "limit": 50, "cursor": cursor},
        )
        answer = response.json()
        if response.is_error:
            sys.exit(f"{response.status_code} {answer['code']}: {answer['error']}")
        yield answer
        cursor = answer.get("next_cursor")
        if cursor is None:
            return


def main(namespace: str) -> None:
    token = os.environ.get("POTOO_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=os.environ.get("POTOO_URL", "http://localhost:8090"), headers=headers) as client:
        for answer in pages(client, namespace):
            for constraint in answer["constraints"]:
                print(f"{constraint['severity']:8} {constraint['name']}: {constraint['message']}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
