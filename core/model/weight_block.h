// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/ids.h"
#include "core/quant/quant_type.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace strata {

// The parts a block may have. Matrices are (rows = outputs, columns = inputs); vectors have one row.
enum class TensorRole : std::uint8_t {
    TokenEmbedding, // (vocabularySize, embeddingLength)
    AttentionNorm,  // (1, embeddingLength), f32
    Query,          // (queryLength, embeddingLength)
    Key,            // (kvLength, embeddingLength)
    Value,          // (kvLength, embeddingLength)
    QueryBias, KeyBias, ValueBias, AttentionOutputBias, // (1, rows of the matrix), f32, optional
    AttentionOutput, // (embeddingLength, queryLength)
    FeedForwardNorm, // (1, embeddingLength), f32
    Gate,            // (feedForwardLength, embeddingLength)
    Up,              // (feedForwardLength, embeddingLength)
    Down,            // (embeddingLength, feedForwardLength)
    GateBias, UpBias, DownBias, // (1, rows of the matrix), f32, optional
    OutputNorm,      // (1, embeddingLength), f32
    Output,          // (vocabularySize, embeddingLength); tied models use the embedding's tensor
};
inline constexpr std::size_t kTensorRoleCount = 19;

// True for norms and biases: one row, kept in f32 by every file.
bool isVector(TensorRole role);

enum class BlockKind : std::uint8_t { Embedding, Attention, FeedForward, Head };

// One tensor of a block as it is on file. A value.
struct BlockTensor {
    TensorRole role = TensorRole::TokenEmbedding;
    std::uint32_t tensor = 0; // index in GgufFile::tensors()
    QuantType type = QuantType::F32;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint64_t byteCount = 0;
    std::uint32_t part = 0;       // which file of a split model
    std::uint64_t fileOffset = 0; // of the first byte, from the start of that file
};

// The unit of placement: the embedding, one layer's attention, one layer's feed-forward, the head. A value.
struct WeightBlock {
    BlockKind kind = BlockKind::Embedding;
    LayerIndex layer;                 // meaningless for embedding and head
    std::vector<BlockTensor> tensors; // each tensor belongs to one block only; a tied head lists no Output
    std::uint64_t byteCount = 0;      // of its tensors on file
    std::uint64_t readBytes = 0;      // of weights that a pass of one token reads: one row of the embedding; with a
                                      // tied head, the embedding's whole matrix
    std::string name() const;         // "layer 3 attention"
};

// A tensor where an executor can compute from it.
struct WeightMatrix {
    QuantType type = QuantType::F32;
    std::uint32_t rows = 0;           // outputs
    std::uint32_t columns = 0;        // inputs; a row is columns / blockLength blocks, without padding
    const std::byte* data = nullptr;  // in the memory of the executor's device
};

// The weights of one block, by role; find() is null for a role the block does not have.
class BlockWeights {
public:
    const WeightMatrix* find(TensorRole role) const
    {
        const WeightMatrix& matrix = m_byRole[static_cast<std::size_t>(role)];
        return matrix.data == nullptr ? nullptr : &matrix;
    }
    const WeightMatrix& operator[](TensorRole role) const; // the role must be there
    void set(TensorRole role, const WeightMatrix& matrix) { m_byRole[static_cast<std::size_t>(role)] = matrix; }

private:
    std::array<WeightMatrix, kTensorRoleCount> m_byRole;
};

} // namespace strata
