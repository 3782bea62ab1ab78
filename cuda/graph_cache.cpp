// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/graph_cache.h"

#include "cuda/runtime/check.h"

#include <algorithm>

namespace strata::cuda {
namespace {

// Decoding and verification of 1 to 8 tokens, each with a few caches and sets of wanted rows.
constexpr std::size_t kMaxEntries = 24;

// Records what is launched on a stream instead of starting it; drops the record unless finished.
class StreamCapture {
public:
    explicit StreamCapture(const Stream& stream) : m_stream(stream.get()) {
        checkCuda(cudaStreamBeginCapture(m_stream, cudaStreamCaptureModeRelaxed), "recording a pass");
    }
    ~StreamCapture() {
        if (m_stream == nullptr)
            return;
        cudaGraph_t graph = nullptr;
        cudaStreamEndCapture(m_stream, &graph);
        if (graph != nullptr)
            cudaGraphDestroy(graph);
        cudaGetLastError();
    }
    StreamCapture(const StreamCapture&) = delete;
    StreamCapture& operator=(const StreamCapture&) = delete;

    Graph finish() {
        cudaGraph_t graph = nullptr;
        const cudaStream_t stream = std::exchange(m_stream, nullptr);
        checkCuda(cudaStreamEndCapture(stream, &graph), "recording a pass");
        return Graph(graph);
    }

private:
    cudaStream_t m_stream;
};

ExecutableGraph capture(const Stream& stream, const std::function<void()>& launchAll) {
    StreamCapture recording(stream);
    launchAll();
    const Graph graph = recording.finish();
    cudaGraphExec_t executable = nullptr;
    if (cudaGraphInstantiate(&executable, graph.get(), 0) == cudaSuccess)
        return ExecutableGraph(executable);
    cudaGetLastError(); // no memory for it, most likely: passes go on launch by launch
    return ExecutableGraph();
}

} // namespace

void GraphCache::run(const PassShape& shape, std::span<const PassCommand> commands, const Stream& stream,
    const std::function<void()>& launchAll) {
    Entry* entry = find(shape, commands);
    if (entry == nullptr) {
        launchAll(); // the first launches also load kernels, which a recording must not
        remember(shape, commands);
        return;
    }
    if (!entry->isPrepared) {
        entry->graph = capture(stream, launchAll);
        entry->isPrepared = true;
    }
    if (entry->graph.get() == nullptr) {
        launchAll();
        return;
    }
    checkCuda(cudaGraphLaunch(entry->graph.get(), stream.get()), "starting a pass");
    ++m_replayCount;
}

GraphCache::Entry* GraphCache::find(const PassShape& shape, std::span<const PassCommand> commands) {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& entry) {
        return entry.shape == shape &&
               std::equal(commands.begin(), commands.end(), entry.commands.begin(), entry.commands.end(),
                   [](const PassCommand& a, const PassCommand& b) { return isSame(a, b); });
    });
    if (found == m_entries.end())
        return nullptr;
    found->lastUse = ++m_useCount;
    return &*found;
}

void GraphCache::remember(const PassShape& shape, std::span<const PassCommand> commands) {
    if (m_entries.size() == kMaxEntries)
        m_entries.erase(std::min_element(
            m_entries.begin(), m_entries.end(), [](const Entry& a, const Entry& b) { return a.lastUse < b.lastUse; }));
    Entry& entry = m_entries.emplace_back();
    entry.shape = shape;
    entry.commands.assign(commands.begin(), commands.end());
    entry.lastUse = ++m_useCount;
}

} // namespace strata::cuda
