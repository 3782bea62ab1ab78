// SPDX-License-Identifier: GPL-3.0-or-later
// strata-cli: the headless front end. Exit 0 on success, 1 on failure with one sentence on standard error, 2 on wrong
// usage, 130 after Ctrl+C, 143 after SIGTERM.
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/cli/command_line.h"
#include "core/cli/interrupt.h"
#include "core/cli/usage.h"
#include "core/cpu/cpu_backend.h"
#include "cuda/cuda_backend.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fcntl.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>

namespace {

int parse(int argc, char** argv) {
    using namespace strata::cli;
    Devices devices = strata::cudaBackends();
    devices.push_back(strata::cpuBackend());

    CLI::App program(
        "Strata runs language models from GGUF files. See docs/cli.md for the JSON that commands print.", "strata-cli");
    program.formatter(std::make_shared<PlainFormatter>()); // before the commands, which take it over
    program.set_help_flag("-h,--help", "shows this");
    program.set_version_flag("--version", STRATA_VERSION, "shows the version");
    program.require_subcommand(1);
    program.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast); // so that wrappers can override
    const Command commands(program);
    addInspect(commands);
    addTokenize(commands);
    addDetokenize(commands);
    addRun(commands, devices);
    addChat(commands, devices);
    addPlan(commands, &strata::cudaDevices);
    addBench(commands, devices);
    addPerplexity(commands, devices);
    addProfile(commands, devices, &strata::cudaDevices);
    addSynth(commands);
    for (CLI::App* command : program.get_subcommands({}))
        command->group("Commands");
    const auto isFirst = [&](CLI::App* command) { return command->get_name() == argv[1]; };
    if (argc > 1 && argv[1][0] != '-' && program.get_subcommands(isFirst).empty()) {
        printNote(fmt::format(
            "strata-cli: there is no command '{}'; strata-cli --help lists them", strata::quoteForMessage(argv[1])));
        return 2;
    }
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0)
            return program.exit(error); // help or version, which it prints
        const auto chosen = program.get_subcommands();
        const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
        printNote(fmt::format(
            "strata-cli{}: {}; strata-cli{} --help lists what can be given", command, usageSentence(error), command));
        return 2;
    }
    return 0;
}

// A stream that the caller closed would otherwise be the number of the next file opened, and notes would go into it.
void openMissingStreams() {
    for (int descriptor = 0; descriptor <= 2; ++descriptor)
        if (::fcntl(descriptor, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != descriptor)
            std::_Exit(1);
}

// One line whatever stands in paths and files, and nothing that a terminal would obey.
void printFailure(const char* sentence) {
    strata::cli::printNote(std::string("strata-cli: ") + strata::quoteForMessage(sentence, 4096));
}

} // namespace

int main(int argc, char** argv) {
    openMissingStreams();
    std::signal(SIGXFSZ, SIG_IGN); // a file-size limit is then a write error with a sentence
    strata::setLogSink([](strata::LogLevel, std::string_view line) { strata::cli::printNote(std::string(line)); });
    try {
        return parse(argc, argv);
    } catch (const strata::cli::Interrupted&) {
        return strata::cli::InterruptGuard::exitCode();
    } catch (const strata::Error& error) {
        printFailure(error.what());
    } catch (const std::bad_alloc&) {
        printFailure("not enough memory");
    } catch (const std::exception& error) {
        printFailure(error.what());
    }
    return 1;
}
