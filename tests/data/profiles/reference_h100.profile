# One H100 at PCIe 5.0 x16 with 16 cores of a Sapphire Rapids Xeon.
# Measured (docs/measurements.md): wires; the CPU multiplying 1, 8 and 512 tokens. Assumed: exchanges, times a block, all of the GPU's rates
# of multiplying, the CPU's for 2 and 4 tokens.
version = 1
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
gpu multiply 1 = 2500 GB/s
gpu multiply 2 = 2500 GB/s
gpu multiply 4 = 2400 GB/s
gpu multiply 8 = 2000 GB/s
gpu multiplies = 85000 G/s
drive = 1.7 GB/s /
