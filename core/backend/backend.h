// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/activation_part.h"
#include "core/backend/buffer.h"
#include "core/backend/copy_queue.h"
#include "core/backend/device_info.h"
#include "core/base/ids.h"
#include "core/model/model_spec.h"
#include "core/model/weight_block.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace strata {

// One call of the forward pass. What the spans show must stay as it is from beginPass to endPass. Tokens are appended
// to the cache at rows [cacheLength, cacheLength + tokens.size()).
struct Pass {
    std::span<const TokenId> tokens;          // (m), 1 <= m <= PassLimits::maxTokens
    std::span<const std::uint32_t> positions; // (m), for the rotation; siblings of a token tree share one
    std::uint32_t cacheLength = 0;            // rows in the cache before this pass; every token sees all of them
    // Which tokens of this pass each token sees: bit j of visible[i], for m <= 64. Empty: itself and those before it.
    std::span<const std::uint64_t> visible;   // (m) or empty
    std::span<const std::uint32_t> logitRows; // indices into tokens, ascending, whose logits are wanted
    std::uint32_t topCount = 0;               // how many of the best of each will be asked for; <= kMaxTopLogits
};

struct PassLimits {
    std::uint32_t maxTokens = 512;        // per pass
    std::uint32_t maxLogitRows = 8;       // per pass
    std::uint32_t contextTokens = 0;      // capacity of the caches used with it
    QuantType cacheType = QuantType::F16; // of those caches; or Q8_0
};

// Most tokens that readTopLogits can be asked for.
inline constexpr std::uint32_t kMaxTopLogits = 256;

// Memory of one device as it is now.
struct MemoryState {
    std::uint64_t totalBytes = 0;
    std::uint64_t freeBytes = 0;
    std::uint64_t reserveBytes = 0; // of the free: to be left to other programs
};

// Of a GPU's memory, left to the screen, to other programs and to what its driver takes by itself.
inline constexpr std::uint64_t kGpuReserveBytes = 400'000'000;

class Backend;

// Keys and values of one layer, in the memory of the device that attends with them.
struct KvLayer {
    Backend* device = nullptr;
    std::byte* keys = nullptr;       // (capacity, kvHeadCount, headLength), rows as in kv_rows.h
    std::byte* values = nullptr;     // likewise
    QuantType type = QuantType::F16; // or Q8_0
    std::uint32_t capacity = 0;      // rows
};

// Activations of one pass, in whatever memory and layout the device likes. Made by a Backend, used with it alone;
// parts cross to another device by readPart and writePart.
class Activations {
public:
    virtual ~Activations() = default;
};

// Memory and the verbs of the forward pass on one device. Verbs are coarse so that a device can fuse inside them, and
// split where another executor may step in: projections can be done by the CPU while cache and attention stay on the
// GPU. The parts of ActivationPart live in the Activations between verbs.
//
// A pass is beginPass, verbs in the order of work, endPass or abandonPass. A verb may return before its work is done or
// even begun: a device may gather verbs and start them together at endPass or readPart. It copies what it is given by
// reference, save the spans of the pass. Errors of a verb may show in a later call.
// One caller (the engine thread). Errors: Error (Device, OutOfMemory).
class Backend {
public:
    virtual ~Backend() = default;

    virtual const DeviceInfo& info() const = 0;
    virtual MemoryState memory() const = 0;

    virtual Buffer allocate(std::size_t byteCount) = 0; // 256-byte aligned; contents undefined
    // Memory of the host that this device copies from and to at full speed; contents undefined.
    virtual Buffer allocateStaging(std::size_t byteCount) = 0;
    // Copies follow all verbs handed over before, and are done when they return. Ranges of copyWithin may overlap.
    virtual void copyIn(const Buffer& target, std::size_t offset, std::span<const std::byte> source) = 0;
    virtual void copyOut(std::span<std::byte> target, const Buffer& source, std::size_t offset) = 0;
    virtual void copyWithin(const Buffer& buffer, std::size_t to, std::size_t from, std::size_t byteCount) = 0;

    // Copies that run beside the verbs; several may exist.
    virtual std::unique_ptr<CopyQueue> makeCopyQueue() = 0;

    // What makeActivations will take of memory().
    virtual std::uint64_t activationBytes(const ModelSpec& spec, const PassLimits& limits) const = 0;
    // The spec and rope table are copied.
    virtual std::unique_ptr<Activations> makeActivations(const ModelSpec& spec, const PassLimits& limits) = 0;

    // Every verb until the end is given the same pass and activations. The pass before on them must be done.
    virtual void beginPass(const Pass& pass, Activations& activations) = 0;
    // Everything is handed over; does not wait.
    virtual void endPass(Activations& activations) = 0;
    // Drops verbs that have not been started; those started run on. Logits stay those of the last finished head.
    virtual void abandonPass(Activations& activations) noexcept = 0;
    // Returns when everything handed over is done. Throws what went wrong in it.
    virtual void wait() = 0;

    // x = embedding rows of the tokens.
    virtual void embed(const BlockWeights& weights, const Pass& pass, Activations& activations) = 0;
    // q, k, v = rope(W norm(x) + bias) for the rows of this pass; v is not rotated.
    virtual void projectQkv(const BlockWeights& weights, const Pass& pass, Activations& activations) = 0;
    // Appends k, v to the cache, then attended = softmax(q K^T / sqrt(headLength)) V under the pass's mask.
    virtual void attend(const KvLayer& cache, const Pass& pass, Activations& activations) = 0;
    // x += W attended + bias.
    virtual void projectOutput(const BlockWeights& weights, const Pass& pass, Activations& activations) = 0;
    // x += W_down (silu(W_gate norm(x)) * W_up norm(x)).
    virtual void feedForward(const BlockWeights& weights, const Pass& pass, Activations& activations) = 0;
    // logits = W norm(x) for pass.logitRows. A tied head carries the embedding's matrix as Output.
    virtual void head(const BlockWeights& weights, const Pass& pass, Activations& activations) = 0;

    // Between two verbs of a pass: the first rows of a part, (rows, rowLength(part)), for all of the pass's tokens.
    // readPart waits for them; writePart replaces them, and is done with `rows` when it returns.
    virtual void readPart(const Activations& activations, ActivationPart part, std::span<float> rows) = 0;
    virtual void writePart(Activations& activations, ActivationPart part, std::span<const float> rows) = 0;

    // Both wait for the pass. (vocabularySize) logits of the row-th wanted token.
    virtual void readLogits(const Activations& activations, std::uint32_t row, std::span<float> logits) = 0;
    // The largest of them, best first; equal ones rank by lower id. At most the pass's topCount and the vocabulary.
    // Where any logit is not a number, the first one is: it must not pass for a choice.
    virtual void readTopLogits(const Activations& activations, std::uint32_t row, std::span<TokenLogit> best) = 0;
};

} // namespace strata
