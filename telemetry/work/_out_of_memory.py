"""Recognises that memory ran out, from the exception that says so or from a full card under one that says little."""

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class _Sign:
    """How one library says it: the name of an exception's class, or a text in its message (compared in small letters)."""

    source: str
    classes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


# The more telling first: TensorRT's and cuBLAS' messages hold CUDA's words too. Classes are compared by module and name,
# so that no library is loaded here.
_SIGNS: Final = (
    # c10/cuda/CUDACachingAllocator.cpp; torch.cuda.OutOfMemoryError is torch.OutOfMemoryError since 2.5. MPS raises a
    # RuntimeError, ROCm says HIP.
    _Sign(
        "torch",
        ("torch.OutOfMemoryError", "torch.cuda.OutOfMemoryError", "torch._C._OutOfMemoryError"),
        ("cuda out of memory", "hip out of memory", "xpu out of memory", "mps backend out of memory"),
    ),
    _Sign("tensorrt", texts=("cuda runtime (out of memory)", "[trt] out of memory", "outofmemory (no further")),
    # onnxruntime/core/framework/bfc_arena.cc
    _Sign(
        "onnxruntime",
        texts=(
            "failed to allocate memory for requested buffer",
            "bfcarena::allocaterawinternal",
            "is smaller than requested bytes of",
        ),
    ),
    _Sign("cudnn", texts=("cudnn_status_alloc_failed",)),
    _Sign("cublas", texts=("cublas_status_alloc_failed",)),
    _Sign(
        "tensorflow",
        ("tensorflow.python.framework.errors_impl.ResourceExhaustedError",),
        ("oom when allocating tensor",),
    ),
    # XLA's status code, which jax.errors.JaxRuntimeError carries
    _Sign("jax", texts=("resource_exhausted:",)),
    _Sign("cupy", ("cupy.cuda.memory.OutOfMemoryError",)),
    _Sign("nvml", ("pynvml.NVMLError_Memory", "pynvml.nvml.NVMLError_Memory")),
    # cuda.h and driver_types.h; numba and cuda-python give the name, torch and cupy the text of cudaGetErrorString
    _Sign(
        "cuda",
        ("cuda.core.CUDAOutOfMemoryError",),
        (
            "cuda_error_out_of_memory",
            "cudaerrormemoryallocation",
            "cuda error: out of memory",
            "cuda error 2: out of memory",
        ),
    ),
)
_HOST: Final = "host"
_READING: Final = "reading"
# A CUDA error that does not say why; both libraries report a failed allocation of their own like this as well.
_UNSPECIFIC: Final = (
    "cuda error",
    "cudaerror",
    "cuda_error_",
    "cublas_status_not_initialized",
    "cublas_status_execution_failed",
    "cudnn_status_internal_error",
    "cudnn_status_execution_failed",
    "cudnn_status_not_initialized",
)
#: Share of device memory in use from which a CUDA error without a reason is taken for a lack of memory.
FULL: Final = 0.98
_LONGEST_CHAIN: Final = 20

#: What can tell that memory ran out.
SOURCES: Final = (*(sign.source for sign in _SIGNS), _HOST, _READING)


def out_of_memory(error: BaseException, fullest: float | None = None) -> str | None:
    """Return what tells that `error` means a lack of memory, one of `SOURCES`; None when nothing does.

    The errors that it was raised from or while handling are looked at too, and those within a group.

    Args:
        error: what ended the work.
        fullest: highest share of device memory that was in use meanwhile, None where unknown.
    """
    chain = list(_chain(error))
    for each in chain:
        if (source := _source(each)) is not None:
            return source
    if fullest is not None and fullest > FULL and any(_is_unspecific(each) for each in chain):
        return _READING
    return None


def _source(error: BaseException) -> str | None:
    name, text = _class_names(error), str(error).lower()
    for sign in _SIGNS:
        if name & set(sign.classes) or any(part in text for part in sign.texts):
            return sign.source
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return _HOST
    # OpenCV's code for it is -4; its exceptions share one class.
    return _HOST if "cv2.error" in name and getattr(error, "code", 0) == -4 else None  # noqa: PLR2004


def _is_unspecific(error: BaseException) -> bool:
    text = str(error).lower()
    return any(part in text for part in _UNSPECIFIC)


def _class_names(error: BaseException) -> set[str]:
    return {f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, then what is behind it, each once."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left and len(seen) < _LONGEST_CHAIN:
        each = left.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        left.append(each.__cause__)
        if not each.__suppress_context__:
            left.append(each.__context__)
        if isinstance(each, BaseExceptionGroup):
            left.extend(each.exceptions)
