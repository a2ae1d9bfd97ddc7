"""Calls a tool over MCP, or lists the tools: python3 mcp.py [TOOL [ARGUMENTS]]

    python3 mcp.py potoo_query '{"namespace": "shop"}'
"""

import itertools
import json
import os
import sys
from urllib.parse import urlsplit

import requests

# Tools of the cluster toolset that answer with a plan: the command that would change something, which they never run.
PLANS = {
    "pods_delete", "pods_exec", "pods_run", "resources_create_or_update", "resources_delete", "resources_scale",
    "helm_install", "helm_uninstall", "k8s_delete", "k8s_patch",
}  # fmt: skip


class McpError(Exception):
    """What the server said instead of a result."""


class Mcp:
    """One client of a server, as revision 2025-11-25 has it."""

    def __init__(self, url: str, token: "str | None" = None):
        self.url = url
        self.http = requests.Session()
        self.http.headers["Accept"] = "application/json, text/event-stream"
        if token:
            self.http.headers["Authorization"] = f"Bearer {token}"
        self.ids = itertools.count(1)
        me = {"name": "potoo-example", "version": "1"}
        answer = self.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": me})
        self.http.headers["MCP-Protocol-Version"] = answer["protocolVersion"]
        self.instructions = answer.get("instructions", "")
        self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def tools(self) -> "list[dict]":
        """All tools that the server has."""
        tools, cursor = [], None
        while True:
            answer = self.request("tools/list", {} if cursor is None else {"cursor": cursor})
            tools += answer["tools"]
            cursor = answer.get("nextCursor")
            if cursor is None:
                return tools

    def call(self, tool: str, arguments: dict) -> dict:
        """The result of one call: look at isError first, then at structuredContent and content."""
        return self.request("tools/call", {"name": tool, "arguments": arguments})

    def request(self, method: str, params: dict) -> dict:
        """The result of one request."""
        number = next(self.ids)
        response = self.post({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for message in messages(response):
            if "error" in message:
                raise McpError(f"{response.status_code} {message['error']['message']}")
            if message.get("id") == number:
                return message["result"]
        raise McpError(f"{response.status_code} without an answer to {method}")

    def post(self, message: dict) -> requests.Response:
        response = self.http.post(self.url, json=message, timeout=10)
        # Servers that keep sessions want their id back in every request.
        if "Mcp-Session-Id" in response.headers:
            self.http.headers["Mcp-Session-Id"] = response.headers["Mcp-Session-Id"]
        return response


def messages(response: requests.Response):
    """The messages of an answer: one as JSON, or one in each event of a stream."""
    if response.headers.get("Content-Type", "").startswith("text/event-stream"):
        # As bytes: lines of text would also end where Unicode has other ends of lines, in the middle of an event.
        for line in response.content.splitlines():
            if line.startswith(b"data: "):
                yield json.loads(line[len(b"data: ") :])
    else:
        try:
            yield response.json()
        except requests.JSONDecodeError:
            raise McpError(f"{response.status_code} without JSON") from None


def is_on(name: str, default: bool) -> bool:
    """Whether an environment variable says yes."""
    return os.environ.get(name, str(default)).strip().lower() in ("true", "1", "yes", "on")


def offered(tools: "list[dict]") -> "list[dict]":
    """The tools that the environment wants: all of Potoo's, and of the cluster toolset what it allows."""
    cluster, plans = is_on("K8S_ENABLED", True), is_on("K8S_ENABLE_DESTRUCTIVE_OPERATIONS", False)

    def wanted(tool: dict) -> bool:
        name = tool["name"]
        if name.startswith("potoo_") or name == "ping":
            return True
        # A tool that does not say that it only reads may be one of another server that changes things.
        reads = tool.get("annotations", {}).get("readOnlyHint") is True and name not in PLANS
        return cluster and (plans or reads)

    return [tool for tool in tools if wanted(tool)]


def connect() -> Mcp:
    """A client of the server that the environment names."""
    url = os.environ.get("K8S_MCP_SERVER_URL") or os.environ.get("POTOO_URL") or "http://localhost:8090"
    if urlsplit(url).path in ("", "/"):
        url = url.rstrip("/") + "/mcp"
    return Mcp(url, os.environ.get("POTOO_TOKEN"))


def main(tool: "str | None" = None, arguments: str = "{}") -> None:
    try:
        client = connect()
        tools = offered(client.tools())
        if tool is None:
            for each in tools:
                print(f"{each['name']}: {each.get('title', '')}")
            return
        if tool not in [each["name"] for each in tools]:
            sys.exit(f"There is no tool {tool} here.")
        result = client.call(tool, json.loads(arguments))
    except (McpError, requests.RequestException) as error:
        sys.exit(str(error))
    if result.get("isError"):
        sys.exit(result["content"][0]["text"])
    print(json.dumps(result["structuredContent"], indent=2, ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
