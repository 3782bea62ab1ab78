// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/cli/command_line.h"
#include "core/cli/json_output.h"
#include "core/gguf/gguf_file.h"
#include "core/model/model_summary.h"

#include <nlohmann/json.hpp>

#include <map>

namespace strata::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownElements = 8; // of an array; the vocabulary's are shown by their count

Json toJson(const GgufArray& array) {
    return std::visit(
        [](const auto& elements) {
            Json shown = Json::array();
            for (std::size_t i = 0; i < std::min(elements.size(), kShownElements); ++i) {
                if constexpr (std::is_same_v<std::decay_t<decltype(elements)>, std::vector<std::string>>)
                    shown.push_back(quoteForMessage(elements[i], 4096));
                else if constexpr (std::is_same_v<std::decay_t<decltype(elements)>, std::vector<bool>>)
                    shown.push_back(static_cast<bool>(elements[i]));
                else
                    shown.push_back(elements[i]);
            }
            return Json{{"count", elements.size()}, {"first", shown}};
        },
        array);
}

Json toJson(const GgufValue& value) {
    return std::visit(
        [](const auto& v) -> Json {
            using Type = std::decay_t<decltype(v)>;
            if constexpr (std::is_same_v<Type, GgufArray>)
                return toJson(v);
            else if constexpr (std::is_same_v<Type, std::string>)
                return Json(quoteForMessage(v, 1U << 20U));
            else
                return Json(v);
        },
        value);
}

Json toJson(const GgufTensor& tensor) {
    Json shape = Json::array();
    for (std::uint32_t i = 0; i < tensor.dimensionCount; ++i)
        shape.push_back(tensor.dimensions[i]);
    return {{"name", quoteForMessage(tensor.name)}, {"type", traits(tensor.type).name}, {"shape", shape},
        {"bytes", tensor.byteCount}};
}

Json describe(const GgufFile& file, const ModelSummary& summary) {
    Json json = {{"path", summary.path.string()}, {"name", quoteForMessage(summary.name)},
        {"architecture", quoteForMessage(summary.architecture)}, {"gguf_version", file.version()},
        {"parts", file.parts().size()}, {"file_bytes", summary.fileBytes}, {"parameters", summary.parameterCount},
        {"format", summary.format}, {"layers", summary.layerCount}, {"context", summary.trainedContext},
        {"tokenizer", summary.tokenizer}, {"has_chat_template", summary.hasChatTemplate},
        {"random_weights", summary.isNoise}};
    json["runs"] = summary.unsupported.empty();
    json["why_not"] = summary.unsupported.empty() ? Json(nullptr) : Json(summary.unsupported);
    Json metadata = Json::object();
    for (const GgufEntry& entry : file.metadata())
        metadata[quoteForMessage(entry.key, 256)] = toJson(entry.value);
    json["metadata"] = metadata;
    Json tensors = Json::array();
    for (const GgufTensor& tensor : file.tensors())
        tensors.push_back(toJson(tensor));
    json["tensors"] = tensors;
    return json;
}

std::string typeTable(const GgufFile& file) {
    struct Row {
        std::size_t tensors = 0;
        std::uint64_t bytes = 0;
    };
    std::map<std::string_view, Row> rows;
    for (const GgufTensor& tensor : file.tensors()) {
        Row& row = rows[traits(tensor.type).name];
        ++row.tensors;
        row.bytes += tensor.byteCount;
    }
    std::string text;
    for (const auto& [name, row] : rows)
        text += fmt::format("  {:<8} {:>5} tensors  {:>9}\n", name, row.tensors, formatBytes(row.bytes));
    return text;
}

void inspect(const std::string& path, bool asJson) {
    const GgufFile file(path);
    const ModelSummary summary = summarize(file);
    if (asJson) {
        printJson(describe(file, summary));
        return;
    }
    std::string text = fmt::format("{}\n", quoteForMessage(summary.name));
    const auto line = [&](std::string_view label, const std::string& value) {
        text += fmt::format("  {:<14} {}\n", label, value);
    };
    line("architecture", fmt::format("{}, {} layers", quoteForMessage(summary.architecture), summary.layerCount));
    line("parameters", formatCount(summary.parameterCount));
    line("format", summary.format + (summary.isNoise ? ", random weights" : ""));
    line("size", fmt::format("{} in {} {}, GGUF version {}", formatBytes(summary.fileBytes), file.parts().size(),
                     file.parts().size() == 1 ? "file" : "files", file.version()));
    line("context", formatCount(summary.trainedContext) + " tokens");
    line("tokenizer", summary.tokenizer);
    line("chat template", summary.hasChatTemplate ? "in the file" : "none; ChatML will be used");
    line("runs here", summary.unsupported.empty() ? "yes" : "no: " + summary.unsupported);
    printPiece(text + typeTable(file));
}

} // namespace

void addInspect(Command program) {
    struct InspectOptions {
        std::string model;
        bool asJson = false;
    };
    auto options = std::make_shared<InspectOptions>();
    Command command = program.command("inspect", "what a model's header says");
    addModelArgument(command, options->model);
    command.flag("--json", options->asJson, "everything, as JSON");
    command.onChosen([options] { inspect(options->model, options->asJson); });
}

} // namespace strata::cli
