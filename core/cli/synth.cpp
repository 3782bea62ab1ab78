// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/synth/synth.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/cli/command_line.h"
#include "core/cli/interrupt.h"

#include <fmt/ranges.h>

#include <filesystem>
#include <limits>

namespace strata::cli {
namespace {

// "shape: tiny, 1b, 8b"
std::string listing(std::string_view what, const std::vector<std::string_view>& names) {
    return fmt::format("{}: {}", what, fmt::join(names, ", "));
}

// What is there already is lost only when asked for, and never when it is no ordinary file.
void checkTarget(const std::filesystem::path& path, bool mayReplace) {
    std::error_code ignored; // a path that cannot be looked at cannot be written either: that gives the sentence
    const auto status = std::filesystem::symlink_status(path, ignored);
    if (!std::filesystem::exists(status))
        return;
    if (!std::filesystem::is_regular_file(status))
        fail(ErrorCode::BadRequest, "{}: expected a new file, found something that is no ordinary file", path.string());
    if (!mayReplace)
        fail(ErrorCode::BadRequest, "{}: is there already; --force replaces it", path.string());
}

void synth(const SynthRequest& request, bool mayReplace) {
    checkTarget(request.path, mayReplace);
    const InterruptGuard interrupt;

    std::uint64_t shown = 0;
    std::uint64_t total = 0;
    synthesize(request, [&](std::uint64_t written, std::uint64_t all) {
        total = all;
        if (interrupt.token().stop_requested())
            throw Interrupted();
        if (written - shown < all / 10 + 1 && written < all)
            return;
        shown = written;
        printNote(fmt::format("{} of {}", formatBytes(written), formatBytes(all)));
    });
    printResult(request.hasMatrices
                    ? fmt::format("{}: {} of random weights", request.path.string(), formatBytes(total))
                    : fmt::format("{}: a header, and holes in place of the weights", request.path.string()));
}

} // namespace

void addSynth(Command program) {
    auto request = std::make_shared<SynthRequest>();
    auto path = std::make_shared<std::string>();
    auto mayReplace = std::make_shared<bool>(false);
    Command command = program.command("synth", "random weights in real shapes, for speed only");
    command.option("--preset", request->preset, listing("shape", synthPresetNames()))
        .required()
        .check(oneOf(synthPresetNames()));
    command
        .option(
            "--quant", request->quant, listing("format", synthQuantNames()) + "; default Q4_K_M, for tiny Q8_0")
        .check(oneOf(synthQuantNames()));
    command.option("--seed", request->seed, "same seed, same bytes")
        .check(wholeNumber(0, std::numeric_limits<std::uint64_t>::max()))
        .showDefault();
    command.option("out", *path, "file to write").required().check([](const std::string& text) {
        return text.empty() ? std::string("expected a path") : std::string();
    });
    command.flag("!--no-weights", request->hasMatrices,
        "holes in their place, which take no room on the disk: for plan and inspect");
    command.flag("--force", *mayReplace, "replace a file that is there");
    command.onChosen([request, path, mayReplace] {
        request->path = *path;
        synth(*request, *mayReplace);
    });
}

} // namespace strata::cli
