"""Names of spans and of their attributes."""

from typing import Final


class Span:
    """Names of the spans that the project makes itself."""

    GPU_WORK: Final = "gpu work"
    JOB: Final = "job generate"
    QUEUE_WAIT: Final = "queue wait"
    INSPECT: Final = "inspect"
    DECODE: Final = "decode"
    ANIMATE: Final = "animate"
    ENCODE: Final = "encode"
    STORE: Final = "store"


class Attribute:
    """Span attributes outside the OpenTelemetry conventions, under the project's prefix."""

    JOB_ID: Final = "plainview.job.id"
    OPERATION: Final = "plainview.operation"
    CUSTOMER: Final = "plainview.customer"
    MODEL: Final = "plainview.model"
    OUTCOME: Final = "plainview.outcome"
    GPU_SECONDS: Final = "plainview.gpu.seconds"
    JOULES: Final = "plainview.gpu.joules"
    JOULES_SOURCE: Final = "plainview.gpu.joules.source"
    MEMORY_PEAK: Final = "plainview.memory.peak_bytes"
    MEMORY_PEAK_RESERVED: Final = "plainview.memory.peak_reserved_bytes"
    MEMORY_AFTER: Final = "plainview.memory.after_bytes"
    MEMORY_BASELINE: Final = "plainview.memory.baseline_bytes"
    MEMORY_LEAK: Final = "plainview.memory.leak_bytes_per_work"
    MEMORY_FRAGMENTED: Final = "plainview.memory.fragmented_bytes"
    MEMORY_SOURCE: Final = "plainview.memory.source"
    OUT_OF_MEMORY_SOURCE: Final = "plainview.out_of_memory.source"
    RESTART_REASON: Final = "plainview.worker.restart_reason"
    COST_USD: Final = "plainview.cost.usd"
    DEVICE: Final = "plainview.device"
    DEVICE_NAME: Final = "plainview.device.name"
    GPU_UUID: Final = "plainview.gpu.uuid"
    COST_KIND: Final = "plainview.cost.kind"
    REQUEST_ID: Final = "plainview.request_id"
    DEVICE_SIMULATED: Final = "plainview.device.simulated"
    ATTEMPT: Final = "plainview.job.attempt"
    QUEUE_SECONDS: Final = "plainview.queue.seconds"
    KEPT: Final = "plainview.kept"
    WEBSOCKET_OUTCOME: Final = "plainview.websocket.outcome"
    WEBSOCKET_CLOSE_CODE: Final = "plainview.websocket.close_code"
    WEBSOCKET_MESSAGES_RECEIVED: Final = "plainview.websocket.messages_received"
    WEBSOCKET_MESSAGES_SENT: Final = "plainview.websocket.messages_sent"
    WEBSOCKET_BYTES_RECEIVED: Final = "plainview.websocket.bytes_received"
    WEBSOCKET_BYTES_SENT: Final = "plainview.websocket.bytes_sent"
