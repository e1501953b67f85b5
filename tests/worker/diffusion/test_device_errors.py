"""What an error says of the device: it has no room, it is lost to this process, or nothing."""

import pytest
import torch

from worker.diffusion.device_errors import LOST, OUT_OF_MEMORY, verdict


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), OUT_OF_MEMORY),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), OUT_OF_MEMORY),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), OUT_OF_MEMORY),
        (RuntimeError("CUDA error: out of memory"), OUT_OF_MEMORY),
        (torch.AcceleratorError("CUDA error: an illegal memory access was encountered"), LOST),
        (RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle)`"), LOST),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), LOST),
        (RuntimeError("HIP error: device-side assert triggered"), LOST),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"), None),
        (RuntimeError("ffmpeg could not write the film: unknown encoder"), None),
        (ValueError("CUDA error: a prompt may say so"), None),
    ],
)
def test_errors_of_the_device_are_distinguished_from_others(error: Exception, said: str | None) -> None:
    assert verdict(error) == said
