"""The ways in which libraries say that memory ran out, in their own words."""

import errno

import pytest

from telemetry import gpu_work
from telemetry.work import SOURCES, out_of_memory


def library(module, name, *bases):
    """Return a class that bears a library's name for it."""
    return type(name, bases or (RuntimeError,), {"__module__": module})


class OpenCvError(Exception):
    __module__ = "cv2"
    __qualname__ = "error"
    code = -4


SAID = {
    "torch": [
        library("torch", "OutOfMemoryError")("CUDA out of memory."),
        library("torch.cuda", "OutOfMemoryError")(""),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB (GPU 4; 3.82 GiB total capacity)"),
        RuntimeError("HIP out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("MPS backend out of memory (MPS allocated: 17.98 GB)"),
    ],
    "cuda": [
        library("torch", "AcceleratorError")("CUDA error: out of memory\nCUDA kernel errors might be asynchronously"),
        library("numba.cuda.cudadrv.driver", "CudaAPIError")(
            "[2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY"
        ),
        library("cupy_backends.cuda.api.runtime", "CUDARuntimeError")("cudaErrorMemoryAllocation: out of memory"),
        library("cuda.core", "CUDAOutOfMemoryError", MemoryError)("2"),
    ],
    "cudnn": [RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")],
    "cublas": [RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")],
    "cupy": [
        library("cupy.cuda.memory", "OutOfMemoryError", MemoryError)("Out of memory allocating 8,589,934,592 bytes")
    ],
    "jax": [
        library("jax.errors", "JaxRuntimeError")(
            "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 11.95MiB."
        ),
        library("jaxlib.xla_extension", "XlaRuntimeError")("RESOURCE_EXHAUSTED: Out of memory allocating 4 bytes."),
    ],
    "tensorflow": [
        library("tensorflow.python.framework.errors_impl", "ResourceExhaustedError", Exception)("{{function_node}}"),
        RuntimeError("OOM when allocating tensor with shape[64,512] and type float"),
    ],
    "onnxruntime": [
        library("onnxruntime.capi.onnxruntime_pybind11_state", "RuntimeException")(
            "[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : bfc_arena.cc:376 void* onnxruntime::BFCArena::"
            "AllocateRawInternal(size_t, bool) Failed to allocate memory for requested buffer of size 4294967296"
        ),
        RuntimeError("Available memory of 1024 is smaller than requested bytes of 4096"),
    ],
    "tensorrt": [RuntimeError("[defaultAllocator.cpp::allocate::31] Error Code 1: Cuda Runtime (out of memory)")],
    "nvml": [library("pynvml", "NVMLError_Memory", Exception)("Insufficient Memory")],
    "host": [
        MemoryError(),
        library("numpy._core._exceptions", "_ArrayMemoryError", MemoryError)("Unable to allocate 8.00 GiB"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        OpenCvError("(-4:Insufficient memory) Failed to allocate 8589934592 bytes"),
    ],
}
ROWS = [(source, error) for source, errors in SAID.items() for error in errors]


@pytest.mark.parametrize(("source", "error"), ROWS, ids=[f"{source}-{str(error)[:30]}" for source, error in ROWS])
def test_each_library_is_understood(source, error):
    assert out_of_memory(error) == source


def test_table_covers_every_source_that_an_exception_can_tell():
    assert set(SAID) == set(SOURCES) - {"reading"}


@pytest.mark.parametrize(
    "error",
    [
        ValueError("the memory of it"),
        RuntimeError("CUDA error: device-side assert triggered"),
        OSError(errno.ENOSPC, "No space left on device"),
        KeyError("out"),
        TimeoutError(),
    ],
    ids=repr,
)
def test_other_errors_are_other_errors(error):
    assert out_of_memory(error) is None
    assert out_of_memory(error, fullest=0.5) is None


def chained(kind):
    try:
        try:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")  # noqa: TRY301
        except RuntimeError as error:
            if kind == "cause":
                raise ValueError("the model failed") from error
            if kind == "hidden":
                raise ValueError("the model failed") from None
            raise ValueError("while handling")  # noqa: B904 - what an app does by mistake
    except ValueError as error:
        return ExceptionGroup("several", [KeyError("a"), error]) if kind == "group" else error


@pytest.mark.parametrize(
    ("kind", "source"), [("cause", "torch"), ("context", "torch"), ("group", "torch"), ("hidden", None)]
)
def test_what_is_behind_an_error_is_looked_at(kind, source):
    assert out_of_memory(chained(kind)) == source


def test_chain_that_bites_its_tail_ends():
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert out_of_memory(one) is None


@pytest.mark.parametrize(
    ("text", "fullest", "source"),
    [
        ("CUDA error: unspecified launch failure", 0.99, "reading"),
        ("CUBLAS_STATUS_NOT_INITIALIZED when calling cublasCreate", 0.985, "reading"),
        ("CUDA error: unspecified launch failure", 0.9, None),
        ("CUDA error: unspecified launch failure", None, None),
        ("the disk is full", 0.99, None),
    ],
)
def test_cuda_error_that_says_little_means_no_memory_on_a_full_card(text, fullest, source):
    assert out_of_memory(RuntimeError(text), fullest) == source


def test_main_memory_that_runs_out_is_a_lack_of_memory_of_the_work(telemetry, registry, lines):
    with pytest.raises(MemoryError), gpu_work("render") as work:
        bytearray(1 << 60)
    assert (work.outcome, work.out_of_memory) == ("out_of_memory", "host")
    assert registry.get_sample_value("gpu_out_of_memory_total", {"operation": "render", "source": "host"}) == 1
    (line,) = lines()
    assert (line["event"], line["outcome"], line["out_of_memory"]) == ("gpu.work", "out_of_memory", "host")


class Unspeakable(Exception):  # noqa: N818
    def __str__(self):
        raise KeyError("no text")


def test_error_that_cannot_be_shown_is_still_a_failure_of_the_work(telemetry):
    with pytest.raises(Unspeakable), gpu_work("render") as work:
        raise Unspeakable
    assert (work.outcome, work.out_of_memory) == ("failed", None)
    assert work.cost_usd > 0
