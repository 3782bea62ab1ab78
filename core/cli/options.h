// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace strata::cli {

// What commands ask of CLI11, and no more: a file that includes its headers takes the compiler as long as ten others.

// Of the text of a value, which it may put into another form; empty: it will do, else what is wrong with it.
using Check = std::function<std::string(std::string& text)>;

// One option of a command, or an argument without a name; lives in its program.
class Option {
public:
    explicit Option(CLI::Option& option) : m_option(&option) {}

    Option& required();
    Option& check(Check check); // before those that are there
    Option& showDefault();      // the value that the variable has now
    Option& repeatable();       // each time with one value
    Option& takesSeveral();     // repeatable, and each time with all values that follow
    bool isGiven() const;

private:
    CLI::Option* m_option;
};

// The program, or one of its commands. Variables are written while the command line is parsed and have to live as long.
class Command {
public:
    explicit Command(CLI::App& app) : m_app(&app) {}

    Command command(const std::string& name, const std::string& description);

    // `names` is "-c,--ctx", or "model" for an argument.
    Option option(const std::string& names, std::string& value, const std::string& description);
    Option option(const std::string& names, std::uint32_t& value, const std::string& description);
    Option option(const std::string& names, std::uint64_t& value, const std::string& description);
    Option option(const std::string& names, float& value, const std::string& description);
    Option option(const std::string& names, std::vector<std::string>& values, const std::string& description);
    Option option(
        const std::string& names, std::function<void(const std::string&)> take, const std::string& description);
    Option option(const std::string& names, std::function<void(std::uint64_t)> take, const std::string& description);
    void flag(const std::string& names, bool& value, const std::string& description); // "!--no-x" makes it false
    Option existing(const std::string& name);

    void onChosen(std::function<void()> work); // runs once the line is parsed

private:
    CLI::App* m_app;
};

// What a command finds wrong with its line once it is parsed: told like what CLI11 finds.
[[noreturn]] void failMissing(const std::string& what);
[[noreturn]] void failUsage(const std::string& sentence);

} // namespace strata::cli
