// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/model/architectures.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace strata {
namespace {

void checkShape(const GgufFile& file, const TensorSlot& slot, const GgufTensor& tensor) {
    const auto& found = tensor.dimensions;
    if (found[0] == slot.columns && found[1] == slot.rows && found[2] == 1 && found[3] == 1)
        return;
    std::string shape = fmt::format("{} x {}", found[1], found[0]);
    for (std::uint32_t i = 2; i < tensor.dimensionCount; ++i)
        shape = fmt::format("{} x {}", found[i], shape);
    fail(ErrorCode::BadFile, "{}: {}: expected {} x {}, file has {}", file.path().string(), slot.name, slot.rows,
        slot.columns, shape);
}

void checkType(const GgufFile& file, const TensorSlot& slot, const GgufTensor& tensor) {
    if (isVector(slot.role) && tensor.type != QuantType::F32)
        fail(ErrorCode::Unsupported, "{}: {}: expected type F32, file has {}", file.path().string(), slot.name,
            traits(tensor.type).name);
}

// Null: an optional tensor that the file does not have.
const GgufTensor* findSlot(const GgufFile& file, const TensorSlot& slot) {
    const GgufTensor* tensor = file.findTensor(slot.name);
    if (tensor == nullptr && slot.isRequired)
        fail(ErrorCode::BadFile, "{}: expected tensor {}, the file does not have it", file.path().string(), slot.name);
    if (tensor != nullptr) {
        checkShape(file, slot, *tensor);
        checkType(file, slot, *tensor);
    }
    return tensor;
}

std::vector<WeightBlock> makeEmptyBlocks(std::uint32_t layerCount) {
    std::vector<WeightBlock> blocks;
    blocks.push_back({.kind = BlockKind::Embedding, .layer = {}, .tensors = {}});
    for (std::uint32_t layer = 0; layer < layerCount; ++layer) {
        blocks.push_back({.kind = BlockKind::Attention, .layer = LayerIndex(layer), .tensors = {}});
        blocks.push_back({.kind = BlockKind::FeedForward, .layer = LayerIndex(layer), .tensors = {}});
    }
    blocks.push_back({.kind = BlockKind::Head, .layer = {}, .tensors = {}});
    return blocks;
}

WeightBlock& blockOf(const TensorSlot& slot, std::vector<WeightBlock>& blocks) {
    switch (slot.block) {
    case BlockKind::Embedding:
        return blocks.front();
    case BlockKind::Attention:
        return blocks[1 + 2 * slot.layer.value];
    case BlockKind::FeedForward:
        return blocks[2 + 2 * slot.layer.value];
    case BlockKind::Head:
        break;
    }
    return blocks.back();
}

bool hasOutput(const WeightBlock& head) {
    return std::any_of(head.tensors.begin(), head.tensors.end(),
        [](const BlockTensor& tensor) { return tensor.role == TensorRole::Output; });
}

// A token reads one row of the embedding, unless the head computes with it too.
void countReadBytes(std::vector<WeightBlock>& blocks) {
    for (WeightBlock& block : blocks)
        block.readBytes = block.byteCount;
    if (!hasOutput(blocks.back()))
        return;
    const BlockTensor& embedding = blocks.front().tensors.front();
    blocks.front().readBytes = embedding.byteCount / embedding.rows;
}

// A tensor that nobody computes with would make every answer subtly wrong.
void checkNoneLeft(
    const GgufFile& file, const Architecture& architecture, const std::unordered_set<const GgufTensor*>& placed) {
    for (const GgufTensor& tensor : file.tensors()) {
        const auto& known = architecture.specTensors;
        if (!placed.contains(&tensor) && std::find(known.begin(), known.end(), tensor.name) == known.end())
            fail(ErrorCode::Unsupported, "{}: {}: this tensor is not known for architecture {}", file.path().string(),
                quoteForMessage(tensor.name), architecture.name);
    }
}

} // namespace

std::vector<WeightBlock> listBlocks(const GgufFile& file, const ModelSpec& spec) {
    const Architecture& architecture = architectureOf(file);
    std::vector<WeightBlock> blocks = makeEmptyBlocks(spec.layerCount);
    std::unordered_set<const GgufTensor*> placed;
    for (const TensorSlot& slot : architecture.listTensors(spec)) {
        const GgufTensor* tensor = findSlot(file, slot);
        if (tensor == nullptr)
            continue;
        placed.insert(tensor);
        WeightBlock& block = blockOf(slot, blocks);
        block.tensors.push_back({slot.role, static_cast<std::uint32_t>(tensor - file.tensors().data()), tensor->type,
            slot.rows, slot.columns, tensor->byteCount, tensor->part, tensor->offset});
        block.byteCount += tensor->byteCount;
    }
    checkNoneLeft(file, architecture, placed);
    countReadBytes(blocks);
    return blocks;
}

Model::Model(const std::filesystem::path& path)
    : m_file(path), m_spec(architectureOf(m_file).readSpec(m_file)), m_tokenizer(readVocabulary(m_file)),
      m_blocks(listBlocks(m_file, m_spec)), m_isTied(!hasOutput(m_blocks.back())) {
    if (const std::string* text = m_file.getString("tokenizer.chat_template"))
        m_chatTemplate = *text;
}

Model::~Model() = default;

} // namespace strata
