// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/pass_command.h"
#include "cuda/runtime/stream.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace strata::cuda {

// Starts the commands of a pass: launch by launch when they are seen first, as one CUDA graph from the second time on.
// A sequence seen once is not worth a graph: it may be a prompt's last chunk. Engine thread.
class GraphCache {
public:
    // `launchAll` launches the commands' kernels on the stream, nothing else, and does not wait. Throws Error.
    void run(const PassShape& shape, std::span<const PassCommand> commands, const Stream& stream,
        const std::function<void()>& launchAll);

    std::uint64_t replayCount() const { return m_replayCount; } // runs that were graphs

private:
    struct Entry {
        PassShape shape;
        std::vector<PassCommand> commands;
        ExecutableGraph graph;   // null: seen once, or there was no memory for it
        bool isPrepared = false; // seen twice
        std::uint64_t lastUse = 0;
    };
    Entry* find(const PassShape& shape, std::span<const PassCommand> commands);
    void remember(const PassShape& shape, std::span<const PassCommand> commands);

    std::vector<Entry> m_entries;
    std::uint64_t m_useCount = 0;
    std::uint64_t m_replayCount = 0;
};

} // namespace strata::cuda
