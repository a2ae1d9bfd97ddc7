"""What clients that were written by hand send to /mcp, in the ways in which they differ. Prints one JSON line a way."""

import json
import os
import sys

import requests

url, token = sys.argv[1], os.environ["POTOO_TOKEN"]
auth = {"Authorization": f"Bearer {token}"}
both = {"Accept": "application/json, text/event-stream"}
me = {"name": "requests", "version": "1"}


def post(message, **headers):
    return requests.post(url, json=message, headers={**auth, **headers}, timeout=10)


def result_of(response):
    """As such clients read it: the last line of data of the event named message."""
    response.raise_for_status()
    text = response.content.decode()
    assert text.startswith("event: message\n"), text
    data = [line[len("data: ") :] for line in text.split("\n") if line.startswith("data: ")]
    assert len(data) == 1, text
    return json.loads(data[0])["result"]


def way(name, initialize=True, initialized=True, session="theirs", accept=both, version=None):
    headers = dict(accept)
    if version is not None:
        headers["MCP-Protocol-Version"] = version
    session_id = None
    if initialize:
        params = {"protocolVersion": version or "2024-11-05", "capabilities": {}, "clientInfo": me}
        response = post({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}, **accept)
        result_of(response)
        session_id = response.headers["Mcp-Session-Id"]
    if session == "theirs" and session_id is not None:
        headers["Mcp-Session-Id"] = session_id
    elif session == "another":
        headers["Mcp-Session-Id"] = "0123456789abcdef"
    if initialized:
        response = post({"jsonrpc": "2.0", "method": "notifications/initialized"}, **headers)
        assert (response.status_code, response.content) == (202, b""), response.status_code
    tools = result_of(post({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}, **headers))["tools"]
    call = {"name": "potoo_query", "arguments": {"namespace": "shop"}}
    result = result_of(post({"jsonrpc": "2.0", "id": "three", "method": "tools/call", "params": call}, **headers))
    structured = result.get("structuredContent") or json.loads(result["content"][0]["text"])
    print(json.dumps({"way": name, "tools": len(tools), "total": structured["total"]}))


way("as the revision has it", version="2025-06-18")
way("without a version")
way("another session", session="another")
way("no session", session="none")
way("any Accept", accept={"Accept": "*/*"})
way("JSON alone", accept={"Accept": "application/json"})
way("without initialized", initialized=False)
way("without initialize", initialize=False, initialized=False)
