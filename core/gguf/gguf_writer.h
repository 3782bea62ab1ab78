// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/gguf/gguf_value.h"
#include "core/quant/quant_type.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace strata {

// Writes a GGUF version 3 file: metadata and tensor table first, then each tensor's bytes as its `fill` produces them.
// For `synth` and for the fixtures of the tests. One thread.
class GgufWriter {
public:
    // Integers are written as uint32 where they fit, else uint64 (int32, int64 when signed); reals as float32.
    void set(std::string key, GgufValue value);

    // `fill` is called once while the file is written, with pieces of the tensor in order, and fills each.
    // Pieces hold whole blocks.
    // Dimensions run fastest first. The element count of a row must be a multiple of the block length.
    using Fill = std::function<void(std::uint64_t offset, std::span<std::byte> piece)>;
    void addTensor(std::string name, QuantType type, std::vector<std::uint64_t> dimensions, Fill fill);

    // Throws Error (Io) when the file cannot be written whole; a file that could not be finished is removed.
    void write(const std::filesystem::path& path) const;

    // The same file with holes in place of its matrices, which take no room on most file systems and read as zeros: for
    // what can be asked of a header alone. Vectors are filled. Throws Error (Io).
    void writeWithoutMatrices(const std::filesystem::path& path) const;

private:
    struct Tensor {
        std::string name;
        QuantType type;
        std::vector<std::uint64_t> dimensions;
        Fill fill;
    };
    class UnfinishedFile;
    static std::uint64_t byteCount(const Tensor& tensor);
    static void writeTensor(const Tensor& tensor, UnfinishedFile& file);
    std::uint64_t alignment() const;
    std::string header() const; // up to the first tensor's bytes

    std::vector<std::pair<std::string, GgufValue>> m_metadata;
    std::vector<Tensor> m_tensors;
};

} // namespace strata
