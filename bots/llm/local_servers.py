"""Looks for model servers on this machine: asks the usual ports at the same time for their models."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bots.llm import model_list
from bots.llm.errors import ProviderError

# Port, preset and name; several programs share a port, and what answers there is offered under the usual name.
PORTS = (
    (11434, "ollama", "Ollama"),
    (1234, "lmstudio", "LM Studio"),
    (8000, "vllm", "vLLM"),
    (8001, "vllm", "vLLM"),
    (8080, "llamacpp", "llama.cpp"),
    (8081, "llamacpp", "llama.cpp"),
    (30000, "other", "SGLang"),
    (4000, "other", "LiteLLM"),
    (3000, "other", "One API"),
    (9997, "other", "Xinference"),
)
# A program of this machine answers in milliseconds.
TIMEOUT_S = (0.3, 0.8)
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A model server that answers; `needs_key` when it refuses to list its models without one."""

    preset: str
    name: str
    endpoint: str
    models: tuple[str, ...]
    needs_key: bool = False


def find() -> tuple[LocalServer, ...]:
    """Returns the servers that answer, in the order of the ports. Takes about a second at most."""
    with ThreadPoolExecutor(len(PORTS), thread_name_prefix="local-servers") as pool:
        found = pool.map(lambda one: _ask(*one), PORTS)
        return tuple(server for server in found if server is not None)


def _ask(port: int, preset: str, name: str) -> LocalServer | None:
    endpoint = f"http://{HOST}:{port}/v1"
    try:
        models = model_list.fetch(endpoint, timeout_s=TIMEOUT_S)
    except ProviderError as error:
        refused = "HTTP 401" in str(error) and preset != "llamacpp"
        return LocalServer(preset, name, endpoint, (), needs_key=True) if refused else None
    return LocalServer(preset, name, endpoint, tuple(model.name for model in models[:20]))
