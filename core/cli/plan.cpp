// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/cli/command_line.h"
#include "core/gguf/gguf_file.h"

namespace strata::cli {

void addPlan(CLI::App& program) {
    auto model = std::make_shared<std::string>();
    CLI::App* command = program.add_subcommand("plan", "where each layer would live (not yet)");
    addModelArgument(*command, *model);
    command->callback([model] {
        const GgufFile file(*model);
        fail(ErrorCode::Unsupported, "plan: not yet: this version keeps every layer in the memory of one device");
    });
}

} // namespace strata::cli
