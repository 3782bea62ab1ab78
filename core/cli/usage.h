// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace strata::cli {

// Help in plain words: values as N (whole number), X (number) or TEXT, defaults behind the description.
class PlainFormatter : public CLI::Formatter {
public:
    PlainFormatter();

    std::string make_option_name(const CLI::Option* option, bool isPositional) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
    std::string make_option_desc(const CLI::Option* option) const override;
};

// What is wrong with a command line, as a sentence for a person; on one line whatever was typed.
std::string usageSentence(const CLI::ParseError& error);

} // namespace strata::cli
