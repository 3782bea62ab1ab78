# One H100 at PCIe 5.0 x16 with 16 cores of a Sapphire Rapids Xeon.
# Measured (docs/measurements.md): wires; the CPU multiplying 1, 8 and 512 tokens. Worked out from what is measured there, and not by
# strata-cli profile ("What prompts are made of"): the parts of prompts. Assumed: exchanges, times a block, the GPU's rates for 1 to 8
# tokens, the CPU's for 2 and 4, and that it attends as fast as it multiplies.
version = 2
cpu = Intel Xeon (Sapphire Rapids), 16 cores
gpu = NVIDIA H100 80GB HBM3
driver = 580.159.04
date = 2026-11-22
ram size = 125 GB
vram size = 80 GB
vram read = 3025 GB/s
link in = 50.6 GB/s
link in beside host = 49.9 GB/s
link out = 52.2 GB/s
host read = 93.3 GB/s
host read beside link = 87.5 GB/s
exchange = 20 us
gpu block = 10 us
cpu block = 20 us
cpu multiply 1 = 117 GB/s
cpu multiply 2 = 100 GB/s
cpu multiply 4 = 75 GB/s
cpu multiply 8 = 46 GB/s
cpu multiplies = 1650 G/s
cpu inputs = 0 us
cpu activations = 1.7 us
cpu attends = 1650 G/s
cpu attended = 0 us
gpu multiply 1 = 2500 GB/s
gpu multiply 2 = 2500 GB/s
gpu multiply 4 = 2400 GB/s
gpu multiply 8 = 2000 GB/s
gpu multiplies = 326600 G/s
gpu inputs = 19.1 us
gpu activations = 0.0093 us
gpu attends = 163400 G/s
gpu attended = 0.133 us
drive = 1.7 GB/s /
