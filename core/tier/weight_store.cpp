// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/weight_store.h"

#include "core/tier/block_layout.h"

#include <algorithm>
#include <cassert>

namespace strata {
namespace {

constexpr std::size_t kPieceBytes = 4 << 20; // a cold disk reads this in well under the 200 ms a cancel may take

// Reads tensors piece by piece to where they rest; keeps count, and asks at each piece whether to go on.
class PieceReader {
public:
    PieceReader(const GgufFile& file, Backend& backend, const LoadProgressSink& progress, std::uint64_t total)
        : m_file(file), m_backend(backend), m_progress(progress), m_state{.doneBytes = 0, .totalBytes = total} {
        report();
    }

    // False: stop was requested.
    bool read(const BlockTensor& tensor, const Buffer& buffer, std::size_t offset, const std::stop_token& stop) {
        for (std::uint64_t from = 0; from < tensor.byteCount;) {
            if (stop.stop_requested())
                return false;
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, tensor.byteCount - from));
            readPiece(m_file.tensors()[tensor.tensor], from, buffer, offset + from, count);
            from += count;
            m_state.doneBytes += count;
            report();
        }
        return true;
    }

private:
    void readPiece(
        const GgufTensor& tensor, std::uint64_t from, const Buffer& buffer, std::size_t offset, std::size_t count) {
        if (buffer.isHost()) {
            m_file.readTensor(tensor, from, std::span(buffer.data() + offset, count));
            return;
        }
        if (m_staging.byteCount() == 0)
            m_staging = m_backend.allocateStaging(kPieceBytes);
        const std::span<std::byte> piece(m_staging.data(), count);
        m_file.readTensor(tensor, from, piece);
        m_backend.copyIn(buffer, offset, piece);
    }
    void report() const {
        if (m_progress)
            m_progress(m_state);
    }

    const GgufFile& m_file;
    Backend& m_backend;
    const LoadProgressSink& m_progress;
    LoadProgress m_state;
    Buffer m_staging; // for memory that a read cannot reach
};

} // namespace

std::uint64_t WeightStore::byteCount(const Model& model) {
    std::uint64_t bytes = 0;
    for (const WeightBlock& block : model.blocks())
        bytes += packedBytes(block);
    return bytes;
}

std::unique_ptr<WeightStore> WeightStore::open(
    const Model& model, Backend& backend, const LoadProgressSink& progress, std::stop_token stop) {
    std::uint64_t fileBytes = 0;
    for (const WeightBlock& block : model.blocks())
        fileBytes += block.byteCount;
    PieceReader reader(model.file(), backend, progress, fileBytes);
    std::unique_ptr<WeightStore> store(new WeightStore(backend));
    for (const WeightBlock& block : model.blocks()) {
        if (stop.stop_requested())
            return nullptr;
        const Buffer& buffer = store->m_buffers.emplace_back(backend.allocate(packedBytes(block)));
        BlockWeights& weights = store->m_weights.emplace_back();
        std::size_t offset = 0;
        for (const BlockTensor& tensor : block.tensors) {
            if (!reader.read(tensor, buffer, offset, stop))
                return nullptr;
            weights.set(tensor.role,
                {.type = tensor.type, .rows = tensor.rows, .columns = tensor.columns, .data = buffer.data() + offset});
            offset += alignTensor(tensor.byteCount);
        }
        store->m_residentBytes += buffer.byteCount();
    }
    if (model.isTied())
        store->m_weights.back().set(TensorRole::Output, store->m_weights.front()[TensorRole::TokenEmbedding]);
    return store;
}

std::optional<BlockLease> WeightStore::acquire(BlockIndex block, const std::stop_token& stop) {
    assert(block.value < m_weights.size());
    if (stop.stop_requested())
        return std::nullopt;
    return BlockLease(m_weights[block.value], *m_backend);
}

} // namespace strata
