"""GPU.

Series of a card carry gpu_uuid; whatever else names the card joins through gpu_info.
"""

from typing import Final

from telemetry.catalog._metric import Metric

_GPU = ("gpu_uuid",)

GPU_INFO: Final = Metric(
    "gpu_info",
    "info",
    "Facts about a card. `simulated` is true for a card that does not exist.",
    labels=("gpu_uuid", "index", "model", "pci_bus_id", "serial", "driver_version", "cuda_version", "simulated"),
    source="worker",
)
GPU_AVAILABLE: Final = Metric(
    "gpu_available",
    "gauge",
    "1 while the card answers, 0 since it stopped answering.",
    labels=_GPU,
    source="worker",
)
GPU_DEVICES: Final = Metric(
    "gpu_devices",
    "gauge",
    "Cards that NVML counts on this host, 0 on a host without one.",
    source="worker",
)
GPU_UTILIZATION: Final = Metric(
    "gpu_utilization_ratio",
    "gauge",
    "Share of the last sample period in which at least one kernel ran.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_BUSY: Final = Metric(
    "gpu_memory_busy_ratio",
    "gauge",
    "Share of the last sample period in which device memory was read or written; not how full it is.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_ENCODER: Final = Metric(
    "gpu_encoder_utilization_ratio",
    "gauge",
    "Share of the last sample period in which the video encoder worked.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_DECODER: Final = Metric(
    "gpu_decoder_utilization_ratio",
    "gauge",
    "Share of the last sample period in which the video decoder worked.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_JPEG: Final = Metric(
    "gpu_jpeg_utilization_ratio",
    "gauge",
    "Share of the last sample period in which the JPEG engine worked.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_OFA: Final = Metric(
    "gpu_ofa_utilization_ratio",
    "gauge",
    "Share of the last sample period in which the optical flow accelerator worked.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_GRAPHICS_ACTIVITY: Final = Metric(
    "gpu_graphics_activity_ratio",
    "gauge",
    "Share of time in which the graphics and compute engine worked; Hopper and later.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_SM_ACTIVITY: Final = Metric(
    "gpu_sm_activity_ratio",
    "gauge",
    "Share of time in which streaming multiprocessors held work, averaged over all of them and at least 1 s; Hopper and later.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_TENSOR_ACTIVITY: Final = Metric(
    "gpu_tensor_activity_ratio",
    "gauge",
    "Share of cycles in which the tensor cores worked; Hopper and later.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_BANDWIDTH: Final = Metric(
    "gpu_memory_bandwidth_ratio",
    "gauge",
    "Share of the bandwidth of device memory that was used; Hopper and later.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_TOTAL: Final = Metric(
    "gpu_memory_total_bytes", "gauge", "Device memory of the card.", unit="bytes", labels=_GPU, source="worker"
)
GPU_MEMORY_USED: Final = Metric(
    "gpu_memory_used_bytes",
    "gauge",
    "Device memory allocated, without what the driver reserves.",
    unit="bytes",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_RESERVED: Final = Metric(
    "gpu_memory_reserved_bytes",
    "gauge",
    "Device memory that the driver keeps for itself.",
    unit="bytes",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_FREE: Final = Metric(
    "gpu_memory_free_bytes", "gauge", "Device memory that is free.", unit="bytes", labels=_GPU, source="worker"
)
GPU_TEMPERATURE: Final = Metric(
    "gpu_temperature_celsius", "gauge", "Temperature of the GPU.", unit="celsius", labels=_GPU, source="worker"
)
GPU_TEMPERATURE_MARGIN: Final = Metric(
    "gpu_temperature_margin_celsius",
    "gauge",
    "Distance to the temperature at which the card slows itself down; left out where the card answers 0 or less.",
    unit="celsius",
    labels=_GPU,
    source="worker",
)
GPU_MEMORY_TEMPERATURE: Final = Metric(
    "gpu_memory_temperature_celsius",
    "gauge",
    "Temperature of the device memory, on cards with HBM.",
    unit="celsius",
    labels=_GPU,
    source="worker",
)
GPU_POWER: Final = Metric(
    "gpu_power_watts", "gauge", "Power drawn by the card.", unit="watts", labels=_GPU, source="worker"
)
GPU_POWER_LIMIT: Final = Metric(
    "gpu_power_limit_watts",
    "gauge",
    "Power limit that is enforced now.",
    unit="watts",
    labels=_GPU,
    source="worker",
)
GPU_ENERGY: Final = Metric(
    "gpu_energy_joules_total",
    "counter",
    "Energy used since the driver was loaded.",
    unit="joules",
    labels=_GPU,
    source="worker",
    processes="one",
)
GPU_CLOCK: Final = Metric(
    "gpu_clock_hertz",
    "gauge",
    "Clock now, by domain (sm, memory, graphics, video).",
    unit="hertz",
    labels=("gpu_uuid", "clock"),
    source="worker",
)
GPU_CLOCK_MAX: Final = Metric(
    "gpu_clock_max_hertz",
    "gauge",
    "Highest clock that the card can run at, by domain (sm, memory, graphics, video).",
    unit="hertz",
    labels=("gpu_uuid", "clock"),
    source="worker",
)
GPU_PERFORMANCE_STATE: Final = Metric(
    "gpu_performance_state",
    "gauge",
    "Performance state, 0 the highest to 15 the lowest; not a gauge of load.",
    labels=_GPU,
    source="worker",
)
GPU_CLOCK_EVENT: Final = Metric(
    "gpu_clock_event_active",
    "gauge",
    "1 while this reason holds the clocks down, by reason.",
    labels=("gpu_uuid", "reason"),
    source="worker",
)
GPU_THROTTLE: Final = Metric(
    "gpu_throttle_seconds_total",
    "counter",
    "Time for which a reason held the clocks down since the driver was loaded, by reason.",
    unit="seconds",
    labels=("gpu_uuid", "reason"),
    source="worker",
    processes="one",
)
GPU_ECC_ERRORS: Final = Metric(
    "gpu_ecc_errors_total",
    "counter",
    "Memory errors since the driver was loaded, by type (corrected, uncorrected).",
    labels=("gpu_uuid", "type"),
    source="worker",
    processes="one",
)
GPU_ECC_LIFETIME: Final = Metric(
    "gpu_ecc_errors_lifetime",
    "gauge",
    "Memory errors over the life of the card, by type (corrected, uncorrected).",
    labels=("gpu_uuid", "type"),
    source="worker",
)
GPU_REMAPPED_ROWS: Final = Metric(
    "gpu_remapped_rows",
    "gauge",
    "Rows of memory that the card replaced by spare ones, by cause (correctable, uncorrectable); Ampere and later.",
    labels=("gpu_uuid", "cause"),
    source="worker",
)
GPU_REMAP_PENDING: Final = Metric(
    "gpu_row_remap_pending",
    "gauge",
    "1 while a row waits to be replaced at the next reset of the card.",
    labels=_GPU,
    source="worker",
)
GPU_REMAP_FAILED: Final = Metric(
    "gpu_row_remap_failed",
    "gauge",
    "1 when a row could not be replaced: the card is due for exchange.",
    labels=_GPU,
    source="worker",
)
GPU_RETIRED_PAGES: Final = Metric(
    "gpu_retired_pages",
    "gauge",
    "Pages of memory taken out of use, by cause (single_bit, double_bit); before Ampere.",
    labels=("gpu_uuid", "cause"),
    source="worker",
)
GPU_RETIRED_PENDING: Final = Metric(
    "gpu_retired_pages_pending",
    "gauge",
    "1 while a page waits to be retired at the next reset of the card; before Ampere.",
    labels=_GPU,
    source="worker",
)
GPU_RECOVERY_ACTION: Final = Metric(
    "gpu_recovery_action",
    "gauge",
    "What the driver asks for: 0 nothing, 1 reset the GPU, 2 reboot, 3 drain peers, 4 drain and reset, 5 recover IMEX, 6 bus reset, 7 system reboot.",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_REPLAYS: Final = Metric(
    "gpu_pcie_replays_total",
    "counter",
    "PCIe packets sent again; rising means a bad slot, riser or link.",
    labels=_GPU,
    source="worker",
    processes="one",
)
GPU_PCIE_TRANSMIT: Final = Metric(
    "gpu_pcie_transmit_bytes_total",
    "counter",
    "Bytes that the card sent over PCIe.",
    unit="bytes",
    labels=_GPU,
    source="worker",
    processes="one",
)
GPU_PCIE_RECEIVE: Final = Metric(
    "gpu_pcie_receive_bytes_total",
    "counter",
    "Bytes that the card received over PCIe.",
    unit="bytes",
    labels=_GPU,
    source="worker",
    processes="one",
)
GPU_PCIE_GENERATION: Final = Metric(
    "gpu_pcie_link_generation",
    "gauge",
    "PCIe generation now; it drops on purpose while the card is idle.",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_GENERATION_MAX: Final = Metric(
    "gpu_pcie_link_generation_max",
    "gauge",
    "Highest PCIe generation that card and slot can run.",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_WIDTH: Final = Metric(
    "gpu_pcie_link_width",
    "gauge",
    "PCIe lanes in use.",
    labels=_GPU,
    source="worker",
)
GPU_PCIE_WIDTH_MAX: Final = Metric(
    "gpu_pcie_link_width_max",
    "gauge",
    "PCIe lanes that card and slot can use.",
    labels=_GPU,
    source="worker",
)
GPU_NVLINK_TRANSMIT: Final = Metric(
    "gpu_nvlink_transmit_bytes_total",
    "counter",
    "Bytes that the card sent over an NVLink, without protocol overhead.",
    unit="bytes",
    labels=("gpu_uuid", "link"),
    source="worker",
    processes="one",
)
GPU_NVLINK_RECEIVE: Final = Metric(
    "gpu_nvlink_receive_bytes_total",
    "counter",
    "Bytes that the card received over an NVLink, without protocol overhead.",
    unit="bytes",
    labels=("gpu_uuid", "link"),
    source="worker",
    processes="one",
)
GPU_NVLINK_ACTIVE: Final = Metric(
    "gpu_nvlink_active",
    "gauge",
    "1 while an NVLink is up.",
    labels=("gpu_uuid", "link"),
    source="worker",
)
GPU_NVLINK_ERRORS: Final = Metric(
    "gpu_nvlink_errors_total",
    "counter",
    "Errors of an NVLink, by kind (replay, recovery, crc_flit, crc_data, receive, link_integrity).",
    labels=("gpu_uuid", "link", "kind"),
    source="worker",
    processes="one",
)
GPU_FAN_SPEED: Final = Metric(
    "gpu_fan_speed_ratio",
    "gauge",
    "Fan speed as a share of its maximum; left out on cards without a fan.",
    unit="ratio",
    labels=_GPU,
    source="worker",
)
GPU_INSTANCE_INFO: Final = Metric(
    "gpu_instance_info",
    "info",
    "A MIG device: a compute instance of a GPU instance of the card.",
    labels=("gpu_uuid", "gpu_instance_id", "compute_instance_id", "profile", "mig_uuid"),
    source="worker",
)
GPU_INSTANCE_MEMORY_TOTAL: Final = Metric(
    "gpu_instance_memory_total_bytes",
    "gauge",
    "Device memory of a MIG GPU instance, shared by its compute instances.",
    unit="bytes",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_MEMORY_USED: Final = Metric(
    "gpu_instance_memory_used_bytes",
    "gauge",
    "Device memory allocated in a MIG GPU instance.",
    unit="bytes",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_MEMORY_RESERVED: Final = Metric(
    "gpu_instance_memory_reserved_bytes",
    "gauge",
    "Device memory that the driver keeps for itself in a MIG GPU instance.",
    unit="bytes",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_MEMORY_FREE: Final = Metric(
    "gpu_instance_memory_free_bytes",
    "gauge",
    "Device memory that is free in a MIG GPU instance.",
    unit="bytes",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_GRAPHICS_ACTIVITY: Final = Metric(
    "gpu_instance_graphics_activity_ratio",
    "gauge",
    "As gpu_graphics_activity_ratio, of a MIG GPU instance.",
    unit="ratio",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_SM_ACTIVITY: Final = Metric(
    "gpu_instance_sm_activity_ratio",
    "gauge",
    "As gpu_sm_activity_ratio, of a MIG GPU instance.",
    unit="ratio",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_TENSOR_ACTIVITY: Final = Metric(
    "gpu_instance_tensor_activity_ratio",
    "gauge",
    "As gpu_tensor_activity_ratio, of a MIG GPU instance.",
    unit="ratio",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_INSTANCE_MEMORY_BANDWIDTH: Final = Metric(
    "gpu_instance_memory_bandwidth_ratio",
    "gauge",
    "As gpu_memory_bandwidth_ratio, of a MIG GPU instance.",
    unit="ratio",
    labels=("gpu_uuid", "gpu_instance_id"),
    source="worker",
)
GPU_PROCESS_MEMORY: Final = Metric(
    "gpu_process_memory_bytes",
    "gauge",
    "Device memory of a process, by process id as the host sees it; only with PLAINVIEW_GPU_PROCESSES, the smallest beyond 64 together as `other`.",
    unit="bytes",
    labels=("gpu_uuid", "pid", "type"),
    source="worker",
)
GPU_XID_ERRORS: Final = Metric(
    "gpu_xid_errors_total",
    "counter",
    "XID errors that the driver reported while this process watched, by XID.",
    labels=("gpu_uuid", "xid"),
    source="worker",
    processes="one",
)
GPU_XID_LAST: Final = Metric(
    "gpu_xid_last_timestamp_seconds",
    "gauge",
    "Unix time of the last XID error, by XID.",
    unit="seconds",
    labels=("gpu_uuid", "xid"),
    source="worker",
)
GPU_LAST_SUCCESS: Final = Metric(
    "gpu_last_success_timestamp_seconds",
    "gauge",
    "Unix time of the last complete reading of the cards.",
    unit="seconds",
    source="worker",
)
GPU_SNAPSHOT_AGE: Final = Metric(
    "gpu_snapshot_age_seconds",
    "gauge",
    "Age of the last complete reading of the cards at the time of the scrape; too old, and no reading is shown.",
    unit="seconds",
    source="worker",
)
GPU_READ_DURATION: Final = Metric(
    "gpu_read_duration_seconds",
    "gauge",
    "Time the last reading of all cards took.",
    unit="seconds",
    source="worker",
)
GPU_READ_ERRORS: Final = Metric(
    "gpu_read_errors_total",
    "counter",
    "NVML calls that failed, by call and error; a reading that a card does not support is not an error.",
    labels=("call", "error"),
    source="worker",
    processes="one",
)
GPU_READER_STATE: Final = Metric(
    "gpu_reader_state",
    "gauge",
    "1 for the state that the reading of the cards is in: ok, stale (no reading for too long), absent (no driver here), failed (the driver is there and does not answer), starting.",
    labels=("state",),
    source="worker",
)
GPU_READING_MISSING: Final = Metric(
    "gpu_reading_missing",
    "gauge",
    "1 while a card does not give the reading of that name; `state` says why: not_supported, failed, absent (nothing to report yet), and for `all` readings lost (the card does not answer) or stale.",
    labels=("gpu_uuid", "reading", "state"),
    source="worker",
)
