// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/options.h"

#include <CLI/CLI.hpp>

#include <utility>

namespace strata::cli {

Option& Option::required() {
    m_option->required();
    return *this;
}

Option& Option::check(Check check) {
    m_option->transform(CLI::Validator(std::move(check), ""));
    return *this;
}

Option& Option::showDefault() {
    m_option->capture_default_str();
    return *this;
}

Option& Option::repeatable() {
    takesSeveral();
    m_option->allow_extra_args(false);
    return *this;
}

Option& Option::takesSeveral() {
    m_option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    return *this;
}

bool Option::isGiven() const {
    return m_option->count() > 0;
}

Command Command::command(const std::string& name, const std::string& description) {
    return Command(*m_app->add_subcommand(name, description));
}

Option Command::option(const std::string& names, std::string& value, const std::string& description) {
    return Option(*m_app->add_option(names, value, description));
}

Option Command::option(const std::string& names, std::uint32_t& value, const std::string& description) {
    return Option(*m_app->add_option(names, value, description));
}

Option Command::option(const std::string& names, std::uint64_t& value, const std::string& description) {
    return Option(*m_app->add_option(names, value, description));
}

Option Command::option(const std::string& names, float& value, const std::string& description) {
    return Option(*m_app->add_option(names, value, description));
}

Option Command::option(const std::string& names, std::vector<std::string>& values, const std::string& description) {
    return Option(*m_app->add_option(names, values, description));
}

Option Command::option(
    const std::string& names, std::function<void(const std::string&)> take, const std::string& description) {
    return Option(*m_app->add_option_function<std::string>(names, std::move(take), description));
}

Option Command::option(
    const std::string& names, std::function<void(std::uint64_t)> take, const std::string& description) {
    const std::function<void(const std::uint64_t&)> byReference = [take = std::move(take)](const std::uint64_t& value) {
        take(value);
    };
    return Option(*m_app->add_option_function<std::uint64_t>(names, byReference, description));
}

void Command::flag(const std::string& names, bool& value, const std::string& description) {
    m_app->add_flag(names, value, description);
}

Option Command::existing(const std::string& name) {
    return Option(*m_app->get_option(name));
}

void Command::onChosen(std::function<void()> work) {
    m_app->callback(std::move(work));
}

void failMissing(const std::string& what) {
    throw CLI::RequiredError(what);
}

void failUsage(const std::string& sentence) {
    throw CLI::ValidationError(sentence);
}

} // namespace strata::cli
