// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/usage.h"

#include "core/base/text.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace strata::cli {
namespace {

std::string upperCase(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
}

template <typename Kind>
bool is(const CLI::ParseError& error) {
    return dynamic_cast<const Kind*>(&error) != nullptr;
}

std::string plainText(const CLI::ParseError& error) {
    const std::string text = error.what();
    const auto before = [&](std::string_view mark) { return text.substr(0, text.find(mark)); };
    const auto behind = [&](std::string_view mark) {
        const std::size_t at = text.find(mark);
        return at == std::string::npos ? text : text.substr(at + mark.size());
    };
    if (is<CLI::RequiredError>(error)) {
        const std::string what = before(" is required");
        return what == "A subcommand" ? "a command is missing"
                                      : (what.starts_with('-') ? what : upperCase(what)) + " is missing";
    }
    if (is<CLI::ExtrasError>(error))
        return "there is no place for " + behind("expected: ");
    if (is<CLI::ArgumentMismatch>(error))
        return before(":") + " needs a value";
    if (is<CLI::ConversionError>(error))
        return "this value does not fit: " + behind("convert: ");
    return text;
}

} // namespace

PlainFormatter::PlainFormatter() {
    label("OPTIONS", "options");
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
}

std::string PlainFormatter::make_option_name(const CLI::Option* option, bool isPositional) const {
    const std::string name = Formatter::make_option_name(option, isPositional);
    return isPositional ? upperCase(name) : name;
}

std::string PlainFormatter::make_option_opts(const CLI::Option* option) const {
    const std::string type = option->get_type_name();
    if (type.empty() || option->get_positional()) // a flag, or an argument
        return {};
    return type == "UINT" ? " N" : type == "FLOAT" ? " X" : " TEXT";
}

std::string PlainFormatter::make_option_desc(const CLI::Option* option) const {
    const std::string standard = option->get_default_str();
    return option->get_description() + (standard.empty() ? "" : "; default " + standard);
}

std::string usageSentence(const CLI::ParseError& error) {
    return quoteForMessage(plainText(error), 4096);
}

} // namespace strata::cli
